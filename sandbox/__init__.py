"""The migration's surroundings on one machine: real MySQL servers and an AWS emulator, without a cloud account.

`python -m sandbox up` starts them; `docs/sandbox.md` says what each part is, and what it cannot show.
"""
