"""What the documents say, as data: fact sheets, areas and tables of places. No code lives here."""
