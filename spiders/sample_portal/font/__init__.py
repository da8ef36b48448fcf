"""The one font of the sample documents, cut down to the characters they use. Licence in LICENSE.txt beside it."""
