// A stock with types of its own.

#include <string.h>

#include "shop.h"

double exports_acme_foreign_stock_total(exports_acme_foreign_stock_list_item_t *items) {
  double total = 0;
  for (size_t i = 0; i < items->len; i++) {
    total += items->ptr[i].price;
  }
  exports_acme_foreign_stock_list_item_free(items);
  return total;
}

bool exports_acme_foreign_stock_find(exports_acme_foreign_stock_list_item_t *items, shop_string_t *start,
                                     exports_acme_foreign_stock_item_t *ret) {
  bool found = false;
  for (size_t i = 0; i < items->len && !found; i++) {
    exports_acme_foreign_stock_item_t *item = &items->ptr[i];
    if (item->name.len >= start->len && memcmp(item->name.ptr, start->ptr, start->len) == 0) {
      // Its strings move to the answer, so that freeing the list leaves them.
      *ret = *item;
      memset(item, 0, sizeof *item);
      found = true;
    }
  }
  exports_acme_foreign_stock_list_item_free(items);
  shop_string_free(start);
  return found;
}

bool exports_acme_foreign_stock_order(exports_acme_foreign_stock_item_t *item, uint32_t count,
                                      shop_tuple2_string_f64_t *ret, exports_acme_foreign_stock_refusal_t *err) {
  bool granted = count >= 2 && count <= 10;
  if (granted) {
    shop_string_dup_n(&ret->f0, (char *)item->name.ptr, item->name.len);
    ret->f1 = item->price * count;
  } else if (count > 10) {
    err->tag = EXPORTS_ACME_FOREIGN_STOCK_REFUSAL_SOLD_OUT;
  } else {
    err->tag = EXPORTS_ACME_FOREIGN_STOCK_REFUSAL_TOO_FEW;
    err->val.too_few = 2;
  }
  exports_acme_foreign_stock_item_free(item);
  return granted;
}
