package quality

import "bytes"

// addressEnd returns where the web address ends whose scheme is the word [start, end), or 0 when that word begins none. The parts of an address are no words of
// the text: "https" is not unpronounceable prose, and a list of links does not say "https example org" again and again.
func addressEnd(text []byte, start, end int) int {
	n := end - start
	if n != 4 && n != 5 || text[start]|0x20 != 'h' || !bytes.HasPrefix(text[end:], []byte("://")) {
		return 0
	}
	if !bytes.EqualFold(text[start:end], []byte("https")[:n]) {
		return 0
	}
	for i := end + 3; i < len(text); i++ {
		switch c := text[i]; {
		case c <= ' ', c >= 0x80, c == ')', c == ']', c == '}', c == '<', c == '>', c == '"', c == '\'', c == '|', c == '`':
			return i
		}
	}
	return len(text)
}
