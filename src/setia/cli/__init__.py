"""The `setia` command: one file a verb.

A file `cli/<verb>.py` *is* the verb; nothing else needs to know of it. The first line of its docstring is the line in
`setia --help`, and it has either

- `run`, a function with Typer's annotations (`setia <verb> …`), or
- `app`, a `typer.Typer` with verbs of its own (`setia <verb> <subverb> …`).

Files whose name begins with an underscore are no verbs. A verb is imported only when it is called, so `setia --help`
stays quick however heavy a verb's imports are.
"""
