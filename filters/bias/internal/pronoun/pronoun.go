// Package pronoun tells an English "her" that owns (her coat, as his coat) from one that is an object (saw her, as saw him). The words around it decide, by a
// logistic regression whose weights were learned from "his" and "him" in the sets that the command in train names: there the form
// says which it is. That command makes weights.txt anew.
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
	c.Features(func(word string) bool { _, ok := w["a="+word]; return ok }, func(f string) { sum += w[f] })
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

// Features calls f with the name of every feature of the context. known says whether a word has been seen after a pronoun often enough to be judged: after
// "him" stands one of few words, so a word that is not known is probably owned.
func (c Context) Features(known func(string) bool, f func(string)) {
	b2, b1, a1, a2 := same(c.Before2), same(c.Before), same(c.After), same(c.After2)
	verb := verbs[b1]
	f("1")
	if c.Capital {
		f("C")
		f("D=" + verb + kind(b1))
	}
	f("m=" + kind(b1) + " " + kind(a1) + " " + kind(a2))
	f("n=" + verb + " " + kind(a1))
	f("e=" + suffix(a1))
	f("c=" + a2)
	if !known(a1) {
		f("u")
		f("u=" + b1)
		f("v=" + a2)
		f("w=" + verb)
		return
	}
	f("a=" + a1)
	f("b=" + b1)
	f("d=" + b2)
	f("f=" + suffix(b1))
	f("g=" + suffix(a1) + " " + a2)
	f("h=" + b1 + " " + suffix(a1))
	f("i=" + b1 + " " + a1)
	f("k=" + a1 + " " + a2)
	f("o=" + verb + " " + a1)
}

// verbs are classes of verbs that say much about what follows: gift (gave her two coats), sense (saw her go) and name (called her lazy).
var verbs = func() map[string]string {
	out := map[string]string{}
	for class, stems := range map[string]string{
		"gift": "give gives gave given giving offer offers offered offering tell tells told telling send sends sent sending show shows showed showing teach teaches taught teaching ask asks asked asking " +
			"pay pays paid paying hand handed handing bring brings brought bringing buy buys bought buying cost costs wish wishes wished wishing grant granted granting award awarded awarding owe owed " +
			"lend lent promise promised bear bore earn earns earned earning win wins won winning leave leaves left allow allows allowed deny denied save saved spare spared charge charged fine fined rank ranked " +
			"vote voted name named supply supplied procure procured guarantee guaranteed",
		"sense": "see sees saw seen seeing hear hears heard hearing watch watches watched watching feel felt let lets letting make makes made making help helps helped helping have having find finds found finding",
		"name":  "call calls called calling consider considers considered think thinks thought believe believes believed keep keeps kept keeping hold held elect elected appoint appointed dub dubbed crown crowned",
		"of":    "of in on at by from for with about under over after before into through during between among against without towards toward upon within behind beside near since until as despite",
		"to":    "to",
	} {
		for _, w := range strings.Fields(stems) {
			out[w] = class
		}
	}
	return out
}()

// kind is a rough class of a word: a short word stands for itself, for most short words are the glue of sentences.
func kind(w string) string {
	switch {
	case numerals[w]:
		return "9"
	case w == "`" || w == "'" || w == "“" || w == "‘":
		return "\""
	case w != "" && w[0] >= '0' && w[0] <= '9':
		return "9"
	case len(w) <= 3:
		return w
	case w[0] >= 0x80:
		return "."
	}
	return w[len(w)-2:]
}

var numerals = map[string]bool{"two": true, "three": true, "four": true, "five": true, "six": true, "seven": true, "eight": true, "nine": true, "ten": true, "eleven": true, "twelve": true,
	"twenty": true, "thirty": true, "forty": true, "fifty": true, "hundred": true, "thousand": true, "several": true}

// suffix is a word's last three letters, or the word when it is short or no word.
func suffix(w string) string {
	if len(w) > 4 && w[0] < 0x80 {
		return "-" + w[len(w)-3:]
	}
	return w
}
