package bias

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"winnow/filters/bias/internal/pronoun"
	"winnow/internal/text"
)

// swapper swaps the words of two groups in the texts of one row. It belongs to one worker.
type swapper struct {
	table *swapTable
	names string // all, lone, none

	doc     text.Doc
	kept    []bool // by word: it stays
	spans   []span
	blocked map[string]bool // names that stay in this row
	out     []byte
}

// begin starts a row: with names: lone it notes the first names that stand with a family name.
func (s *swapper) begin(texts func(yield func([]byte) bool)) {
	if s.blocked == nil {
		s.blocked = map[string]bool{}
	}
	clear(s.blocked)
	if s.names != "lone" || len(s.table.names) == 0 {
		return
	}
	for b := range texts {
		s.doc.Reset(b)
		words := s.doc.Words()
		for i, w := range words {
			name := string(s.doc.Bytes(w))
			if other, ok := s.table.names[name]; ok && s.capitalAfter(words, i) {
				s.blocked[name], s.blocked[other] = true, true
			}
		}
	}
}

// swap returns a text with its words swapped, and how many were. The result is valid until the next call.
func (s *swapper) swap(b []byte) (out []byte, swapped int) {
	s.doc.Reset(b)
	words := s.doc.Words()
	s.keep(words)
	s.out = s.out[:0]
	copied := 0
	for i := 0; i < len(words); {
		if s.kept[i] {
			i++
			continue
		}
		into, n := s.at(words, i)
		if n > 0 && into != "" {
			start := words[i].Start
			if article, at := s.article(words, i, into); article != "" && at >= copied {
				s.out = append(s.out, b[copied:at]...)
				s.out = append(s.out, article...)
				copied = int(words[i-1].End)
			}
			s.out = append(s.out, b[copied:start]...)
			s.out = append(s.out, into...)
			copied = int(words[i+n-1].End)
			swapped++
		}
		i += max(n, 1)
	}
	if swapped == 0 {
		return b, 0
	}
	s.out = append(s.out, b[copied:]...)
	return s.out, swapped
}

// article returns the article before word i in the form that its counterpart asks for (a countess, an earl) and where it stands; "" when it is right or absent.
func (s *swapper) article(words []text.Word, i int, into string) (article string, at int) {
	if i == 0 || s.kept[i-1] || startsWithVowel(s.word(words, i)) == startsWithVowel(into) {
		return "", 0
	}
	at = int(words[i-1].Start)
	switch s.word(words, i-1) {
	case "a":
		return "an", at
	case "A":
		return "An", at
	case "an":
		return "a", at
	case "An":
		return "A", at
	}
	return "", 0
}

// startsWithVowel reports whether a word is spoken with a vowel at its beginning, as far as the words of the lists go.
func startsWithVowel(w string) bool {
	w = strings.ToLower(w)
	return w != "" && strings.IndexByte("aeiou", w[0]) >= 0 && !strings.HasPrefix(w, "uni") && !strings.HasPrefix(w, "eu") || strings.HasPrefix(w, "heir")
}

// at returns what becomes of the words from i on, and how many words that concerns; "" leaves them.
func (s *swapper) at(words []text.Word, i int) (into string, n int) {
	list := s.table.han.heads[words[i].Hash]
	if list != nil {
		if id, n := longest(list, words[i+1:]); n > 0 {
			switch {
			case id == notListed:
				return "", n
			case n > 1 && words[i].Kind == text.Han && s.kinBegins(words, i+n-1):
				return "", 1 // 以后妈妈: 后, 妈妈
			}
			return s.table.into[id], n
		}
	}
	if words[i].Kind == text.Letters && (s.table.hashes[words[i].Hash] || bytes.ContainsAny(s.doc.Bytes(words[i]), "-'’")) {
		return s.latin(words, i), 1
	}
	return "", 1
}

// kinBegins reports whether word i begins one of the words of parents, or a character that stands twice (妈妈, 姐姐): these are hardly ever cut by chance, so a
// word that ends in their first character is none.
func (s *swapper) kinBegins(words []text.Word, i int) bool {
	if i+1 >= len(words) || words[i+1].Start != words[i].End {
		return false
	}
	switch two := s.word(words, i) + s.word(words, i+1); two {
	case "父亲", "母亲", "父母":
		return true
	default:
		return words[i].Hash == words[i+1].Hash && s.table.han.heads[words[i].Hash] != nil && two != "女女" && two != "男男"
	}
}

// latin returns the counterpart of a word of letters, or "".
func (s *swapper) latin(words []text.Word, i int) string {
	word := string(s.doc.Bytes(words[i]))
	stem, rest := word, ""
	if before, ok := beforeApostrophe([]byte(word)); ok {
		stem, rest = word[:len(before)], word[len(before):]
	}
	if s.names != "none" && s.table.names[stem] != "" {
		return s.name(words, i, stem, rest)
	}
	lower := strings.ToLower(stem)
	style := styleOf(stem)
	if style == odd {
		return ""
	}
	into := s.table.latin[lower]
	isPronoun := false
	if s.table.gender {
		if p := s.pronoun(words, i, lower); p != "" {
			into, isPronoun = p, true
		}
	}
	switch {
	case into == "" && strings.Contains(lower, "-"):
		return s.hyphenated(word)
	case into == "":
		return ""
	case style == upper && !s.upperBeside(words, i):
		return ""
	case style == title && s.properName(words, i, lower, isPronoun):
		return ""
	case lower == "god" && style != small:
		return "" // God
	case lower == "miss" && (style == small || !s.capitalAfter(words, i)):
		return "" // the verb
	}
	return inStyle(into, style) + rest
}

// pronoun returns the counterpart of a pronoun that has several, "" for any other word.
func (s *swapper) pronoun(words []text.Word, i int, lower string) string {
	switch lower {
	case "her":
		if pronoun.Owner(pronoun.Around(&s.doc, words, i)) > 0 {
			return "his"
		}
		return "him"
	case "his":
		c := pronoun.Around(&s.doc, words, i)
		if (c.After == "" || !isLetter(c.After) || glue[c.After]) && pronoun.Owner(c) < 0 {
			return "hers"
		}
		return "her"
	case "him":
		return "her"
	case "hers":
		return "his"
	case "she", "he", "herself", "himself":
		return s.table.latin[lower]
	}
	return ""
}

// glue are the words that go on after a "his" which stands alone (a friend of his and mine).
var glue = map[string]bool{"and": true, "or": true, "but": true, "is": true, "was": true, "are": true, "were": true, "had": true, "has": true, "in": true, "on": true, "to": true,
	"for": true, "at": true, "from": true, "with": true, "who": true, "that": true, "which": true, "when": true, "as": true, "than": true, "by": true, "alone": true, "now": true,
	"would": true, "will": true, "too": true, "into": true, "after": true, "before": true, "because": true, "if": true, "while": true, "then": true}

func isLetter(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsLetter(r)
}

// hyphenated swaps the parts of a compound such as ex-wife.
func (s *swapper) hyphenated(word string) string {
	parts := strings.Split(word, "-")
	changed := false
	for k, p := range parts {
		into := s.table.latin[strings.ToLower(p)]
		style := styleOf(p)
		if into == "" || style == odd || style == upper || p == "he" || p == "she" {
			continue
		}
		parts[k] = inStyle(into, style)
		changed = true
	}
	if !changed {
		return ""
	}
	return strings.Join(parts, "-")
}

// name returns the counterpart of a first name. A name in the place of a family name stays (Paul James), a second first name does not (Mary Ann Smith).
func (s *swapper) name(words []text.Word, i int, stem, rest string) string {
	if s.blocked[stem] || s.capitalBefore(words, i) && !s.honorificBefore(words, i) && (s.table.names[s.word(words, i-1)] == "" || !s.capitalAfter(words, i)) {
		return ""
	}
	return s.table.names[stem] + rest
}

func (s *swapper) word(words []text.Word, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return string(s.doc.Bytes(words[i]))
}

// forms of address that are swapped before a name; other words with a capital beside a capital are part of a name (Lady Gaga, Spider Man, Her Majesty).
var address = map[string]bool{"mr": true, "mrs": true, "ms": true, "miss": true, "aunt": true, "uncle": true, "auntie": true, "grandma": true, "grandpa": true, "granny": true, "madam": true}

func (s *swapper) properName(words []text.Word, i int, lower string, isPronoun bool) bool {
	if address[lower] {
		return false
	}
	start := s.startsSentence(words, i)
	if isPronoun {
		if next := s.word(words, i+1); next == "&" {
			return true
		}
		return !start && s.capitalAfter(words, i)
	}
	return s.capitalAfter(words, i) || s.capitalBefore(words, i)
}

// startsSentence reports whether a capital at word i is due to its place.
func (s *swapper) startsSentence(words []text.Word, i int) bool {
	if i == 0 || s.breaksBefore(words, i) {
		return true
	}
	before := words[i-1]
	if before.Kind != text.Punct {
		return false
	}
	switch mark := string(s.doc.Bytes(before)); mark {
	case ",", ";", "&", "/", "'", "’", "-", "%", "$":
		return false
	case ".":
		return i < 2 || !titles[strings.ToLower(s.word(words, i-2))] && len(s.word(words, i-2)) > 1
	}
	return true
}

// breaksBefore reports whether a line ends between word i−1 and word i.
func (s *swapper) breaksBefore(words []text.Word, i int) bool {
	return bytes.IndexByte(s.doc.Text()[words[i-1].End:words[i].Start], '\n') >= 0
}

// capitalAfter reports whether a word with a capital follows in the same line with only a space, an initial's full stop or "&" between.
func (s *swapper) capitalAfter(words []text.Word, i int) bool {
	if w := s.word(words, i); strings.ContainsAny(w, "'’") {
		return false
	}
	for k := i + 1; k < len(words) && k <= i+2; k++ {
		if s.breaksBefore(words, k) {
			return false
		}
		w := s.word(words, k)
		if w == "&" || w == "." && k == i+1 && address[strings.ToLower(s.word(words, i))] {
			continue
		}
		st := styleOf(w)
		return words[k].Kind == text.Letters && (st == title || st == upper && len(w) > 1 || st == upper && s.word(words, k+1) == "." || st == odd && unicode.IsUpper(rune(w[0])))
	}
	return false
}

// capitalBefore reports whether a word with a capital that is not due to its place stands right before.
func (s *swapper) capitalBefore(words []text.Word, i int) bool {
	if i == 0 || s.breaksBefore(words, i) {
		return false
	}
	k := i - 1
	w := s.word(words, k)
	if w == "&" && k > 0 {
		k--
		w = s.word(words, k)
	}
	if w == "." && k > 0 && (len(s.word(words, k-1)) == 1 || s.word(words, k-1) == "St") {
		k--
		w = s.word(words, k)
	}
	if words[k].Kind != text.Letters || strings.ContainsAny(w, "'’") {
		return false
	}
	st := styleOf(w)
	return (st == title || st == upper && len(w) > 1 || st == upper && k == i-2) && !(s.startsSentence(words, k) && common[strings.ToLower(w)])
}

// common are words that often begin a sentence and so have a capital without being part of a name.
var common = map[string]bool{"the": true, "a": true, "an": true, "my": true, "our": true, "your": true, "their": true, "his": true, "her": true, "this": true, "that": true, "these": true,
	"those": true, "when": true, "while": true, "if": true, "as": true, "and": true, "but": true, "so": true, "or": true, "for": true, "in": true, "on": true, "at": true, "with": true,
	"after": true, "before": true, "since": true, "then": true, "because": true, "although": true, "though": true, "both": true, "two": true, "three": true, "some": true, "many": true,
	"most": true, "all": true, "no": true, "not": true, "one": true, "every": true, "each": true, "dear": true, "poor": true, "young": true, "old": true, "like": true, "unlike": true,
	"however": true, "later": true, "today": true, "yes": true, "well": true, "oh": true, "is": true, "was": true, "did": true, "does": true, "do": true, "can": true, "will": true, "would": true,
	"could": true, "should": true, "has": true, "have": true, "had": true, "are": true, "were": true, "who": true, "what": true, "why": true, "how": true, "where": true, "to": true, "from": true,
	"by": true, "of": true, "once": true, "now": true, "there": true, "here": true, "only": true, "even": true, "thanks": true, "thank": true, "hello": true, "hi": true, "good": true, "few": true,
	"let": true, "ask": true, "tell": true, "meet": true, "call": true, "i": true, "he": true, "she": true, "we": true, "they": true, "you": true, "it": true, "other": true, "another": true, "more": true, "about": true, "among": true, "american": true, "until": true, "whether": true, "despite": true, "any": true, "instead": true, "perhaps": true, "maybe": true, "meanwhile": true, "finally": true, "next": true, "last": true, "first": true, "also": true}

func (s *swapper) honorificBefore(words []text.Word, i int) bool {
	k := i - 1
	if k >= 0 && s.word(words, k) == "." {
		k--
	}
	return k >= 0 && address[strings.ToLower(s.word(words, k))]
}

// upperBeside reports whether a word of capitals stands beside, so that HE is a shouted pronoun and no abbreviation.
func (s *swapper) upperBeside(words []text.Word, i int) bool {
	for _, k := range []int{i - 1, i + 1} {
		if w := s.word(words, k); len(w) > 1 && styleOf(w) == upper && words[k].Kind == text.Letters {
			return true
		}
	}
	return false
}
