"""The configuration of the stages, for people: what there is, whether it is right, and how it gets to Parameter Store.

The models of chalicelib/config say what a function accepts. Nothing here is deployed, and no value is ever printed.
"""
