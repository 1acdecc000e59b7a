"""What must still be deleted, and when: the sealed ledger of message ids, and the clock of quiet conversations."""
