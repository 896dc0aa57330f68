"""Greets whom it is told, with the words of its configuration."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.types import (
    ComponentError_InvalidInput,
    ComponentMetadata,
    Config,
    Health_Healthy,
    Message,
)

greeting = "Hello"


class Guest(exports.Guest):
    def init(self, config: Config) -> None:
        global greeting
        greeting = json.loads(config.json).get("greeting", greeting)

    def execute(self, input: Message) -> Message:
        name = input.body.decode()
        if not name:
            raise Err(ComponentError_InvalidInput("a name is missing"))
        return Message(input.content_type, f"{greeting}, {name}, from Python".encode(), [])

    def shutdown(self) -> None:
        pass

    def metadata(self) -> ComponentMetadata:
        return ComponentMetadata("greeter", "1.0.0", "Greets in Python.")

    def required_capabilities(self) -> list:
        return []

    def health_status(self) -> Health_Healthy:
        return Health_Healthy()
