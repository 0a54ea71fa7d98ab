"""Pages about a programme, written from its definition: terms, questions and answers, how it works."""
