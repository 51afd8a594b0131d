package pack

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPackerProperties: packing loses, cuts and repeats nothing, keeps documents and groups apart, keeps rows within their length, and leaves no two
// rows of a window and group that would fit into one.
func TestPackerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(2, 40).Draw(t, "length")
		p := &Packer{Length: length, Window: rapid.IntRange(1, 30).Draw(t, "window")}
		samples := map[string]Sample{}
		var rows []Row
		for i := range rapid.IntRange(0, 80).Draw(t, "samples") {
			s := Sample{ID: fmt.Sprint(i), Weight: float32(rapid.IntRange(1, 2).Draw(t, "weight")), Groups: []string{rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "group")}}
			for k := range rapid.IntRange(1, length).Draw(t, "tokens") {
				s.Tokens, s.Labels = append(s.Tokens, uint32(1000*i+k)), append(s.Labels, k%3 == 1)
			}
			samples[s.ID] = s
			window := p.Add(s)
			checkFit(t, window, length)
			rows = append(rows, window...)
		}
		last := p.Flush()
		checkFit(t, last, length)
		for _, r := range append(rows, last...) {
			if len(r.Tokens) > length || r.Starts[0] != 0 || len(r.Starts) != len(r.IDs) {
				t.Fatalf("row of %d tokens, starts %v, ids %v", len(r.Tokens), r.Starts, r.IDs)
			}
			for i, from := range r.Starts {
				to := len(r.Tokens)
				if i+1 < len(r.Starts) {
					to = int(r.Starts[i+1])
				}
				s, ok := samples[r.IDs[i]]
				if !ok || !slices.Equal(s.Tokens, r.Tokens[from:to]) || !slices.Equal(s.Labels, r.Labels[from:to]) {
					t.Fatalf("document %s is not what went in, or came out twice", r.IDs[i])
				}
				if s.Weight != r.Weight || !slices.Equal(s.Groups, r.Groups) {
					t.Fatalf("sample %s of group %v and weight %v is in a row of %v and %v", s.ID, s.Groups, s.Weight, r.Groups, r.Weight)
				}
				delete(samples, r.IDs[i])
			}
		}
		if len(samples) > 0 {
			t.Fatalf("%d samples were lost", len(samples))
		}
	})
}

// checkFit: two rows of one window and group that fit into one would mean that the second was opened needlessly.
func checkFit(t *rapid.T, rows []Row, length int) {
	for i, a := range rows {
		for _, b := range rows[i+1:] {
			if a.Weight == b.Weight && slices.Equal(a.Groups, b.Groups) && len(a.Tokens)+len(b.Tokens) <= length {
				t.Fatalf("rows of %d and %d tokens would fit into one of %d", len(a.Tokens), len(b.Tokens), length)
			}
		}
	}
}

// TestPackerFills compares the share of filled places with figures measured for the same kinds of lengths.
func TestPackerFills(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name   string
		length int
		draw   func() int
		least  float64
	}{
		{"uniform 16 to 2000", 2048, func() int { return 16 + r.IntN(1985) }, 0.985},
		{"short", 2048, func() int { return 1 + r.IntN(400) }, 0.995},
	} {
		p := &Packer{Length: c.length, Window: DefaultWindow}
		tokens, rows := 0, 0
		for range 20_000 {
			n := c.draw()
			tokens += n
			rows += len(p.Add(Sample{Tokens: make([]uint32, n), Labels: make([]bool, n)}))
		}
		rows += len(p.Flush())
		if filled := float64(tokens) / float64(rows*c.length); filled < c.least {
			t.Errorf("%s: %.2f %% of the places are filled, should be %.1f %%", c.name, 100*filled, 100*c.least)
		}
	}
}

func TestPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, length := rapid.IntRange(1, 500).Draw(t, "n"), rapid.IntRange(3, 60).Draw(t, "length")
		ends := pieces(n, length)
		from := 0
		for _, to := range ends {
			if to <= from || to-from > length || to-from == 1 && n > 1 {
				t.Fatalf("a piece from %d to %d of %d, at most %d long", from, to, n, length)
			}
			from = to
		}
		if from != n || len(ends) != (n+length-1)/length {
			t.Fatalf("%d tokens in pieces of %d end at %v", n, length, ends)
		}
	})
}
