package harm

import "unicode/utf8"

// A window of a long text is about as long as a short post, so that a harmful sentence is not lost among good ones.
const (
	windowBytes    = 120 // a window ends with the first sentence that reaches it
	maxWindowBytes = 240
)

// wholeBytes is the length up to which a text is scored as one: a long post (280 characters of English, 140 of Chinese).
const wholeBytes = 420

// Windows cuts a text into windows of whole sentences and appends them to dst as half-open spans of bytes. A text up to 420 bytes is one window.
func Windows(text []byte, dst [][2]int) [][2]int {
	if len(text) <= wholeBytes {
		return append(dst, [2]int{0, len(text)})
	}
	for start := 0; start < len(text); {
		end := sentenceEnd(text, start)
		dst = append(dst, [2]int{start, end})
		start = end
	}
	return dst
}

// sentenceEnd returns where a window that begins at start ends: after the first sentence that makes it long enough, else after the last sentence, space or comma
// in it.
func sentenceEnd(text []byte, start int) int {
	limit := min(start+maxWindowBytes, len(text))
	sentence, clause := 0, 0
	for i := start; i < limit; {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		i += n
		switch r {
		case '。', '！', '？', '；', '\n':
			sentence = i
		case '.', '!', '?':
			if i < len(text) && (text[i] == ' ' || text[i] == '"' || text[i] == '\n') {
				sentence = i
			}
		case ' ', '，', ',', '、':
			clause = i
		}
		if sentence-start >= windowBytes {
			return sentence
		}
	}
	switch {
	case limit == len(text):
		return limit
	case sentence > start:
		return sentence
	case clause > start:
		return clause
	}
	for limit < len(text) && !utf8.RuneStart(text[limit]) {
		limit++
	}
	return limit
}

// sentenceStart returns where the sentence begins that holds the byte at i, at most half a window before it and not before low.
func sentenceStart(text []byte, i, low int) int {
	low = max(low, i-windowBytes/2)
	for k := i; k > low; k-- {
		switch c := text[k-1]; {
		case c == '\n' || (c == '.' || c == '!' || c == '?') && k < len(text) && text[k] == ' ':
			return k
		case k >= 3 && c >= 0x80:
			switch string(text[k-3 : k]) {
			case "。", "！", "？", "；":
				return k
			}
		}
	}
	for low < i && !utf8.RuneStart(text[low]) {
		low++
	}
	return low
}

// sentencesOf cuts a window into sentences.
func sentencesOf(text []byte, w [2]int) (out [][2]int) {
	start := w[0]
	for i := w[0]; i < w[1]; {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		end := false
		switch r {
		case '。', '！', '？', '；', '\n':
			end = true
		case '.', '!', '?':
			end = i >= w[1] || text[i] == ' ' || text[i] == '\n'
		}
		if end {
			out = append(out, [2]int{start, i})
			start = i
		}
	}
	if start < w[1] {
		out = append(out, [2]int{start, w[1]})
	}
	return out
}
