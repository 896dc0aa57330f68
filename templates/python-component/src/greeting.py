"""What the component does, without WebAssembly."""


def greet(greeting: str, name: str) -> str:
    """Returns the greeting; a blank name is a ValueError."""
    name = name.strip()
    if not name:
        raise ValueError("say whom to greet")
    return f"{greeting}, {name}!"
