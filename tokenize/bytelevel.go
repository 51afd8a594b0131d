package tokenize

import "unicode/utf8"

// GPT-2 writes each byte of a token as one printable character: the printable bytes of Latin-1 as themselves, the other 68 as U+0100 upwards in
// byte order (openai/gpt-2, encoder.py, bytes_to_unicode).
var (
	byteRune [256]rune
	// runeByteTable holds byte+1 for the characters below U+0144, 0 for those that stand for no byte.
	runeByteTable [0x144]uint16
)

func init() {
	next := rune(0x100)
	for b := range 256 {
		printable := b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE
		byteRune[b] = rune(b)
		if !printable {
			byteRune[b] = next
			next++
		}
		runeByteTable[byteRune[b]] = uint16(b) + 1
	}
}

// runeByte returns the byte a character stands for; the character must be one of the 256.
func runeByte(r rune) byte { return byte(runeByteTable[r] - 1) }

// tokenBytes returns the bytes that a token of a byte-level vocabulary stands for, and false when a character of it stands for no byte.
func tokenBytes(token string) ([]byte, bool) {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		if r >= 0x144 || runeByteTable[r] == 0 {
			return nil, false
		}
		out = append(out, runeByte(r))
	}
	return out, true
}

// sortedByteRunes returns the 256 characters in the order of their code points, which is the order of ids in a trained vocabulary.
func sortedByteRunes() []rune {
	out := make([]rune, 0, 256)
	for r := range rune(0x144) {
		if runeByteTable[r] != 0 {
			out = append(out, r)
		}
	}
	return out
}

// appendMapped appends text with each byte replaced by its character.
func appendMapped(dst, text []byte) []byte {
	for _, b := range text {
		dst = utf8.AppendRune(dst, byteRune[b])
	}
	return dst
}
