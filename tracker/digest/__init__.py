"""From events to a digest that a reader gets through in two minutes.

    gather.py     reads the database: which events are told, with the facts and labels of their records -> Material
    receipt.py    reads the log of fetches: what each source answered -> Answer
    build.py      decides: sections, order, who gets a card, the summary and the alarms -> Digest. Pure
    entries.py    turns one work into one entry: what it is, why it is here, what moved. Pure
    render.py     writes a Digest as markdown, every text of a source escaped. Pure

`material.py` and `model.py` hold the types in between; `wording.py` the words for raw values. The markdown, and later
HTML and plain text, all come from one Digest. Nothing here writes: the pipeline fixes an issue and keeps it.
"""
