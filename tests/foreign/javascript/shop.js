// A stock with types of its own.

export const stock = {
  total(items) {
    return items.reduce((sum, item) => sum + item.price, 0);
  },

  find(items, start) {
    return items.find((item) => item.name.startsWith(start));
  },

  order(item, count) {
    if (count > 10) {
      throw { tag: "sold-out" };
    }
    if (count < 2) {
      throw { tag: "too-few", val: 2 };
    }
    return [item.name, item.price * count];
  },
};
