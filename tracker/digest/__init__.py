"""From events to a digest that a reader gets through in two minutes.

    gather.py     reads the database: which events are told, with the facts and labels of their records -> Material
    receipt.py    reads the log of fetches: what each source answered -> Answer
    holdings.py   reads everything held on topic; baseline.py makes the state of the field of it
    words.py      finds the words that ask for a second look, and quotes them. Pure
    build.py      decides: sections, order, who gets a card, the summary and the alarms -> Digest. Pure
    entries.py    turns one work into one entry: what it is, why it is here, what moved. Pure
    doubts.py     look twice: silent and stale trials, small and bare and bought studies
    board.py      how far each approach has come, from the view trial_board -> Board
    render.py     writes a Digest as markdown; page.py as HTML, plain.py as plain text. Pure
    escaping.py   makes every text of a source harmless for the three; charts.py draws what a mail can show

`material.py` and `model.py` hold the types in between; `wording.py` the words for raw values. Markdown, HTML and plain
text all come from one Digest. Nothing here writes: the pipeline fixes an issue and keeps it.
"""
