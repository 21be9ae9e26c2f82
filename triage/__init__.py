"""A support-mailbox desk: understands mail, asks for what is missing, answers once, loses nothing."""

__version__ = "0.1.0"
