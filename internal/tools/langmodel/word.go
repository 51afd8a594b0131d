package main

import "unicode"

// isWordRune reports whether a character belongs to a word, as the detector cuts words.
func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || r == '\'' }
