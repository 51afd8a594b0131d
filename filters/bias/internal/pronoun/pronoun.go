// Package pronoun tells an English "her" that owns (her coat, as his coat) from one that is an object (saw her, as saw him). The words around it decide, by a
// logistic regression whose weights were learned from "his" and "him" in public-domain books: there the form says which it is. The command in train makes
// weights.txt anew.
package pronoun

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed weights.txt
var weightsText string

// weights are hundredths of log odds by feature; above 0 speaks for an owner.
var weights = sync.OnceValue(func() map[string]int32 {
	out := map[string]int32{}
	for line := range strings.Lines(weightsText) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if n, err := strconv.Atoi(value); ok && err == nil {
			out[name] = int32(n)
		}
	}
	return out
})

// Context is what stands around a pronoun, in lower case: two words before and two after, punctuation marks included, "" beyond the ends of a paragraph.
type Context struct {
	Before2, Before, After, After2 string
	Capital                        bool // the word after begins with a capital
}

// Owner returns the log odds that the pronoun owns what follows.
func Owner(c Context) float64 {
	w := weights()
	sum := int32(0)
	c.Features(func(f string) { sum += w[f] })
	return float64(sum) / 100
}

// alike gives words that differ by the speaker's gender one form, so that a swapped text is judged as the text was.
var alike = map[string]string{"she": "he", "him": "her", "his": "her", "woman": "man", "women": "men", "girl": "boy", "girls": "boys", "wife": "husband", "mother": "father", "mom": "dad",
	"daughter": "son", "daughters": "sons", "sister": "brother", "sisters": "brothers", "lady": "gentleman", "herself": "himself", "hers": "his", "mrs": "mr", "ms": "mr", "miss": "mr",
	"girlfriend": "boyfriend", "grandmother": "grandfather", "aunt": "uncle", "niece": "nephew", "queen": "king", "madam": "sir", "female": "male"}

func same(w string) string {
	if a, ok := alike[w]; ok {
		return a
	}
	return w
}

// Features calls f with the name of every feature of the context.
func (c Context) Features(f func(string)) {
	b2, b1, a1, a2 := same(c.Before2), same(c.Before), same(c.After), same(c.After2)
	f("1")
	f("a=" + a1)
	f("b=" + b1)
	f("c=" + a2)
	f("d=" + b2)
	f("e=" + suffix(a1))
	f("f=" + suffix(b1))
	f("g=" + suffix(a1) + " " + a2)
	f("h=" + b1 + " " + suffix(a1))
	f("i=" + b1 + " " + a1)
	f("k=" + a1 + " " + a2)
	f("m=" + kind(b1) + " " + kind(a1) + " " + kind(a2))
	if c.Capital {
		f("C")
		f("D=" + b1)
	}
}

// kind is a rough class of a word: a short word stands for itself, for most short words are the glue of sentences.
func kind(w string) string {
	switch {
	case len(w) <= 3:
		return w
	case w[0] >= '0' && w[0] <= '9':
		return "9"
	case w[0] >= 0x80:
		return "."
	}
	return w[len(w)-2:]
}

// suffix is a word's last three letters, or the word when it is short or no word.
func suffix(w string) string {
	if len(w) > 4 && w[0] < 0x80 {
		return "-" + w[len(w)-3:]
	}
	return w
}
