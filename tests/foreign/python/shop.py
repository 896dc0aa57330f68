"""A stock with types of its own."""

from typing import Optional

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.stock import Item, Refusal_SoldOut, Refusal_TooFew


class Stock(exports.Stock):
    def total(self, items: list[Item]) -> float:
        return sum(item.price for item in items)

    def find(self, items: list[Item], start: str) -> Optional[Item]:
        return next((item for item in items if item.name.startswith(start)), None)

    def order(self, item: Item, count: int) -> tuple[str, float]:
        if count > 10:
            raise Err(Refusal_SoldOut())
        if count < 2:
            raise Err(Refusal_TooFew(2))
        return item.name, item.price * count
