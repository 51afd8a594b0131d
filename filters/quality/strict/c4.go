package strict

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var citation = regexp.MustCompile(`\[\d*\]|\[edit\]|\[citation needed\]`)

var policies = []string{"terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"}

// Limits of C4QualityFilter.
const (
	c4MaxWord   = 1000 // characters
	c4LineWords = 3
	c4Sentences = 5
)

// C4 takes lines out of a text as datatrove's C4QualityFilter does. It returns what is left, and why the row goes, "" when it stays.
func C4(text string) (left, reason string) {
	var kept []string
	var tokens []string
	sentences := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		fields := strings.Fields(line)
		if tooLong(fields) {
			continue
		}
		line = citation.ReplaceAllString(line, "")
		if line == "" || !strings.ContainsAny(line[len(line)-1:], ".?!\"'") || strings.HasSuffix(line, "...") || len(fields) < c4LineWords {
			continue
		}
		low := strings.ToLower(line)
		switch {
		case strings.Contains(low, "lorem ipsum"):
			return "", "lorem ipsum"
		case strings.Contains(low, "javascript"):
			continue
		case strings.Contains(line, "{"):
			return "", "curly bracket"
		case containsAny(low, policies):
			continue
		}
		tokens = Tokens(tokens[:0], line)
		sentences += Sentences(tokens)
		kept = append(kept, line)
	}
	if sentences < c4Sentences {
		return "", "too few sentences"
	}
	return strings.Join(kept, "\n"), ""
}

func tooLong(words []string) bool {
	for _, w := range words {
		if len(w) > c4MaxWord && utf8.RuneCountInString(w) > c4MaxWord {
			return true
		}
	}
	return false
}

func containsAny(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
