package tokenize

// scanner cuts text into words. Every scanner covers the text: next returns the end of the word that starts at i, i < len(b), and b is valid UTF-8.
// The hand-written scanners do what a regular expression of a tokenizer.json does, 20 to 40 times faster than an engine with lookahead.
type scanner interface {
	next(b []byte, i int) int
}

// Patterns of published tokenizers that have a hand-written scanner.
const (
	patternGPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// patternGPT4 is Llama-3's form of cl100k_base; Qwen2 and Qwen2.5 take one digit at a time.
	patternGPT4 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// scannerFor returns the hand-written scanner of a pattern, or nil.
func scannerFor(pattern string) scanner {
	switch pattern {
	case patternGPT2:
		return gpt2Scanner{}
	case patternGPT4:
		return gpt4Scanner{maxDigits: 3}
	case patternQwen:
		return gpt4Scanner{maxDigits: 1}
	}
	return nil
}

// gpt2Scanner is patternGPT2: contractions, then an optional space with a run of letters, of numbers, or of anything else, then white space of which
// the last character is left to the word that follows.
//
// With digits set it is the pre-tokenizers Digits and ByteLevel in sequence: every number character is a word of its own and ends the text for what
// stands before it, so a space does not join it and white space before it stays whole.
type gpt2Scanner struct{ digits bool }

func (s gpt2Scanner) next(b []byte, i int) int {
	if b[i] == '\'' {
		if n := contraction(b, i); n > 0 {
			return i + n
		}
	}
	cls, n := classAt(b, i)
	if b[i] == ' ' && i+1 < len(b) {
		if c, m := classAt(b, i+1); c&clsSpace == 0 && !(s.digits && c&clsNumber != 0) {
			i++
			cls, n = c, m
		}
	}
	switch {
	case cls&clsLetter != 0:
		return runOf(b, i+n, clsLetter)
	case cls&clsNumber != 0:
		if s.digits {
			return i + n
		}
		return runOf(b, i+n, clsNumber)
	case cls&clsSpace == 0:
		return runWithout(b, i+n, clsSpace|clsLetter|clsNumber)
	}
	if s.digits {
		return spaces(b, i, clsNumber)
	}
	return spaces(b, i, 0)
}

// gpt4Scanner is patternGPT4 with 1 to maxDigits numbers a word: letters may take one character before them that is no letter, number or line break,
// other characters take line breaks after them, and white space with line breaks ends at its last line break.
type gpt4Scanner struct{ maxDigits int }

func (s gpt4Scanner) next(b []byte, i int) int {
	if b[i] == '\'' {
		if n := contractionFold(b, i); n > 0 {
			return i + n
		}
	}
	cls, n := classAt(b, i)
	if cls&clsLetter != 0 {
		return runOf(b, i+n, clsLetter)
	}
	if cls&clsNumber != 0 {
		end := i + n
		for k := 1; k < s.maxDigits && end < len(b); k++ {
			c, m := classAt(b, end)
			if c&clsNumber == 0 {
				break
			}
			end += m
		}
		return end
	}
	var after uint8
	m := 0
	if i+n < len(b) {
		after, m = classAt(b, i+n)
	}
	if cls&clsNewline == 0 && after&clsLetter != 0 {
		return runOf(b, i+n+m, clsLetter)
	}
	if cls&clsSpace == 0 || b[i] == ' ' && m > 0 && after&(clsSpace|clsLetter|clsNumber) == 0 {
		end := runWithout(b, i+n, clsSpace|clsLetter|clsNumber)
		for end < len(b) && (b[end] == '\r' || b[end] == '\n') {
			end++
		}
		return end
	}
	// White space: up to the last line break of the run, if it holds one.
	last := -1
	for j := i; j < len(b); {
		c, m := classAt(b, j)
		if c&clsSpace == 0 {
			break
		}
		j += m
		if c&clsNewline != 0 {
			last = j
		}
	}
	if last > 0 {
		return last
	}
	return spaces(b, i, 0)
}

// runOf returns the end of the run of characters of a class that starts at i.
func runOf(b []byte, i int, class uint8) int {
	for i < len(b) {
		if c := b[i]; c < 0x80 {
			if asciiClass[c]&class == 0 {
				return i
			}
			i++
			continue
		}
		c, n := classAt(b, i)
		if c&class == 0 {
			return i
		}
		i += n
	}
	return i
}

// runWithout returns the end of the run of characters of none of the classes that starts at i.
func runWithout(b []byte, i int, class uint8) int {
	for i < len(b) {
		c, n := classAt(b, i)
		if c&class != 0 {
			return i
		}
		i += n
	}
	return i
}

// spaces is `\s+(?!\S)|\s+`: the run of white space at i, less its last character when something follows it, but at least one character.
// A character of the class end counts as the end of the text.
func spaces(b []byte, i int, end uint8) int {
	last := i
	for j := i; ; {
		if j == len(b) {
			return j
		}
		c, n := classAt(b, j)
		if c&clsSpace == 0 {
			if last > i && c&end == 0 {
				return last
			}
			return j
		}
		last = j
		j += n
	}
}

// contraction returns the length of 's 't 're 've 'm 'll 'd at i, or 0.
func contraction(b []byte, i int) int {
	if i+1 >= len(b) {
		return 0
	}
	switch b[i+1] {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if i+2 < len(b) && b[i+2] == 'e' {
			return 3
		}
	case 'l':
		if i+2 < len(b) && b[i+2] == 'l' {
			return 3
		}
	}
	return 0
}

// contractionFold is contraction in any case; U+017F (long s) folds to s.
func contractionFold(b []byte, i int) int {
	if i+1 >= len(b) {
		return 0
	}
	switch b[i+1] | 0x20 {
	case 's', 't', 'm', 'd':
		if b[i+1] < 0x80 {
			return 2
		}
	case 'r', 'v':
		if i+2 < len(b) && b[i+2]|0x20 == 'e' {
			return 3
		}
	case 'l':
		if i+2 < len(b) && b[i+2]|0x20 == 'l' {
			return 3
		}
	}
	if i+2 < len(b) && b[i+1] == 0xC5 && b[i+2] == 0xBF {
		return 3
	}
	return 0
}
