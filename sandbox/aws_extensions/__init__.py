"""What the AWS emulator can do beyond moto: every module of this package adds to it.

A module has one function, `extend(emulator: Extendable) -> None`, which the emulator calls before it listens. A query
or JSON operation needs `emulator.operation(...)` only; a REST operation also needs `emulator.route(...)`. State belongs
in moto's backend of the service, so that `POST /moto-api/reset` forgets it too.
"""
