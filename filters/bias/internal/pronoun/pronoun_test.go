package pronoun

import (
	"strings"
	"testing"

	"winnow/internal/shared"
)

func TestOwner(t *testing.T) {
	for _, c := range []struct {
		text  string
		owner bool
	}{
		{"I saw her coat.", true},
		{"I saw her.", false},
		{"We told her to wait", false},
		{"her own house", true},
		{"They gave her a book", false},
		{"He wished her well", false},
		{"She took her hat and left", true},
		{"in her opinion", true},
		{"Nobody believed her when she spoke", false},
	} {
		Visit([]byte(c.text), func(_ string, x Context) {
			if got := Owner(x) > 0; got != c.owner {
				t.Errorf("%q: owner %v (%.2f)", c.text, got, Owner(x))
			}
		})
	}
}

// TestQualityOwner judges "his" and "him" of Wikipedia texts as if they were "her": nothing of these texts was learned from.
func TestQualityOwner(t *testing.T) {
	right, n := 0, 0
	for _, file := range []string{"data/bias/gap-development.tsv", "data/bias/gap-validation.tsv"} {
		for line := range strings.Lines(string(shared.Open(t, file))) {
			columns := strings.Split(line, "\t")
			Visit([]byte(columns[1]), func(word string, c Context) {
				if word == "her" {
					return
				}
				n++
				if (Owner(c) > 0) == (word == "his") {
					right++
				} else if true {
					t.Logf("%s: %+v %.2f", word, c, Owner(c))
				}
			})
		}
	}
	share := float64(right) / float64(n)
	t.Logf("%.4f of %d right", share, n)
	if share < 0.96 {
		t.Errorf("%.4f of %d pronouns judged rightly; at least 0.96 expected", share, n)
	}
}
