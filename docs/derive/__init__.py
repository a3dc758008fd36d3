"""The pages that are derived when the documentation is built. Each raises where a derivation and its formula differ."""
