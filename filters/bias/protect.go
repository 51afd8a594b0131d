package bias

import (
	"bytes"

	"winnow/internal/text"
)

// keep marks the words that stay: titles of works, author lines, and sentences that speak of a body of one sex.
func (s *swapper) keep(words []text.Word) {
	s.kept = append(s.kept[:0], make([]bool, len(words))...)
	if len(s.table.sex.heads) > 0 {
		s.spans = cutWindows(s.spans, &s.doc, "sentence")
		for _, sp := range s.spans {
			if s.table.sex.hasAny(&s.doc, words[sp.first:sp.last]) {
				s.mark(sp.first, sp.last)
			}
		}
	}
	open := -1 // word of an opening quotation mark
	for i := range words {
		if i > 0 && s.breaksBefore(words, i) {
			open = -1
		}
		if i == 0 || s.breaksBefore(words, i) {
			s.keepAuthorLine(words, i)
		}
		if words[i].Kind != text.Punct {
			continue
		}
		switch mark := string(s.doc.Bytes(words[i])); mark {
		case "《", "“", "〈":
			open = i
		case "`", "'": // ``quoted'' as TeX does
			if i+1 >= len(words) || words[i+1].Start != words[i].End || s.word(words, i+1) != mark {
				continue
			}
			if mark == "`" {
				open = i + 1
			} else if open >= 0 {
				if s.isTitle(words[open+1 : i]) {
					s.mark(open, i)
				}
				open = -1
			}
		case "》", "〉":
			if open >= 0 {
				s.mark(open, i)
			}
			open = -1
		case "”", "\"":
			if open < 0 {
				if mark == "\"" {
					open = i
				}
				continue
			}
			if s.isTitle(words[open+1 : i]) {
				s.mark(open, i)
			}
			open = -1
		}
	}
}

func (s *swapper) mark(first, last int) {
	for i := first; i < last; i++ {
		s.kept[i] = true
	}
}

// maxTitle is the number of words that a title between quotation marks may have.
const maxTitle = 10

// isTitle reports whether words between quotation marks are the title of a work: every word that matters has a capital, and no mark of a sentence among them.
func (s *swapper) isTitle(words []text.Word) bool {
	if len(words) == 0 || len(words) > maxTitle || words[0].Kind == text.Han {
		return false
	}
	if last := words[len(words)-1]; last.Kind == text.Punct {
		if mark := string(s.doc.Bytes(last)); mark != "," || len(words) < 3 {
			return false
		}
		words = words[:len(words)-1]
	}
	for i, w := range words {
		b := s.doc.Bytes(w)
		switch {
		case w.Kind == text.Punct:
			if mark := string(b); mark == "." || mark == "," || mark == "!" || mark == "?" || mark == ";" {
				return false
			}
		case w.Kind == text.Letters && (b[0] < 'A' || b[0] > 'Z') && b[0] < 0x80:
			if i == 0 || !smallInTitles[string(b)] {
				return false
			}
		}
	}
	return true
}

// smallInTitles are the words that titles write small.
var smallInTitles = map[string]bool{"a": true, "an": true, "the": true, "and": true, "or": true, "but": true, "nor": true, "of": true, "in": true, "on": true, "at": true, "to": true, "for": true,
	"from": true, "by": true, "with": true, "as": true, "is": true, "into": true, "vs": true, "de": true, "la": true}

// keepAuthorLine marks a short line that names an author: "By Mr. Smith", "Author: Mrs. Jones".
func (s *swapper) keepAuthorLine(words []text.Word, i int) {
	first := bytes.ToLower(s.doc.Bytes(words[i]))
	if w := string(first); w != "by" && w != "author" && w != "authors" && w != "written" && w != "作者" {
		return
	}
	last := i + 1
	for last < len(words) && !s.breaksBefore(words, last) {
		last++
	}
	if end := s.doc.Bytes(words[last-1]); last-i <= 8 && string(end) != "." && string(end) != "?" && string(end) != "!" {
		s.mark(i, last)
	}
}
