package report

import (
	"strings"
	"unicode"
)

// piece is a part of an edited text: as it was, or changed.
type piece struct {
	Text    string
	Changed bool
}

// newEdit marks what differs between the two excerpts of an edit.
func newEdit(e Edit, d detail) edit {
	a, cutA := clipRunes(e.Before, d.characters)
	b, cutB := clipRunes(e.After, d.characters)
	before, after := tokens(a), tokens(b)
	keptA, keptB := common(before, after)
	out := edit{ID: shortID(e.ID)}
	// The excerpts are cut at the same length, so an edit that shortens a text brings new words in at its end: they are no part of the change.
	lastA, lastB := len(before), len(after)
	if n := tail(keptA); n > 0 && (cutA || cutB) {
		lastA, lastB = n, tail(keptB)
	}
	out.Before, out.After = pieces(before, keptA, lastA, cutA), pieces(after, keptB, lastB, cutB)
	return out
}

// clipRunes cuts a text to n characters and says whether it, or the ledger before, left something out at the end.
func clipRunes(s string, n int) (text string, cut bool) {
	s, cut = strings.CutSuffix(strings.ToValidUTF8(s, "�"), "…")
	if r := []rune(s); len(r) > n {
		return string(r[:n]), true
	}
	return s, cut
}

func tail(kept []bool) int {
	for i := len(kept); i > 0; i-- {
		if kept[i-1] {
			return i
		}
	}
	return 0
}

// tokens cuts a text into words of letters and digits, runs of white space, and single other characters; Han characters stand alone.
func tokens(s string) []string {
	var out []string
	kind := func(r rune) int {
		switch {
		case unicode.Is(unicode.Han, r):
			return 0
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return 1
		case unicode.IsSpace(r):
			return 2
		}
		return 0
	}
	last := 0
	for _, r := range s {
		k := kind(r)
		if k > 0 && k == last {
			out[len(out)-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		last = k
	}
	return out
}

// common marks the tokens of a longest common subsequence.
func common(a, b []string) (keptA, keptB []bool) {
	keptA, keptB = make([]bool, len(a)), make([]bool, len(b))
	length := make([][]uint16, len(a)+1) // [i][j]: of the subsequence of a[i:] and b[j:]; excerpts are a few hundred tokens at most
	for i := range length {
		length[i] = make([]uint16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			keptA[i], keptB[j] = true, true
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return keptA, keptB
}

// pieces joins tokens to runs that are changed or not; white space that was changed is made visible.
func pieces(tokens []string, kept []bool, unmarked int, cut bool) []piece {
	var out []piece
	for i, t := range tokens {
		changed := !kept[i] && i < unmarked
		if changed && t == " " && len(out) > 0 && out[len(out)-1].Changed {
			// a space between changed words is read as one
		} else if changed {
			t = visible(t)
		} else if strings.Contains(t, "\n") {
			t = " ⏎ "
		}
		t = strings.Map(picture, strings.ReplaceAll(t, "\t", " "))
		if n := len(out); n > 0 && out[n-1].Changed == changed {
			out[n-1].Text += t
		} else {
			out = append(out, piece{t, changed})
		}
	}
	if cut {
		out = append(out, piece{"…", false})
	}
	return out
}

// visible shows a changed run of white space: · for a space, ⏎ for a break, → for a tab.
func visible(t string) string {
	if strings.TrimSpace(t) != "" {
		return t
	}
	const most = 24
	var b strings.Builder
	k := 0
	for _, r := range t {
		if k++; k > most {
			b.WriteRune('…')
			break
		}
		switch r {
		case '\n':
			b.WriteRune('⏎')
		case '\t':
			b.WriteRune('→')
		case '\u3000':
			b.WriteRune('□')
		default:
			b.WriteRune('·')
		}
	}
	return b.String()
}
