"""The world to rehearse in: both upstreams over real HTTP on loopback, with scripted faults, and a made-up corpus.

    upstream.py   what exists: articles and studies, mutable and thread-safe
    words.py      the text search that both stand-ins share
    articles.py   an article as PubMed searches it: its fields, headings and dates
    mesh.py       a few branches of the MeSH tree
    search.py     PubMed's terms, evaluated
    pubmed.py     esearch and efetch
    essie.py      the registry's query language, evaluated
    registry.py   ClinicalTrials.gov API v2
    faults.py     every way in which an answer can go wrong
    server.py     StandIn(upstream): serves all of it on 127.0.0.1 and keeps a log of what was asked
    corpus/       the made-up articles and trials, and what two weeks change in them
    play.py       the demo: the product against all of this

The stand-ins share no reader with the product (nothing here imports tracker.sources or tracker.web), so that an error
in one is seen by the other. They evaluate what they are asked; they never look at who asks.
"""
