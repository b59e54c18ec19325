"""What is read on a screen from top to bottom, made from plain rows; `*_json` modules say the same to programs.

    record.py     a record, for `show`          record_json.py   the object of `show --json`
    found.py      hits, for `search`            taxonomy.py      leaves and their counts
    review.py     what `classify` changes       layout.py, words.py   what all of them use

Nothing here reads a database. Text from a source never reaches a terminal with its control characters.
"""
