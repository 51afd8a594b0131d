package main

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// generator makes the rows of one language.
type generator struct {
	*language
	rng *rand.Rand
	n   int
}

// share of the clean rows by which each kind of defect is planted.
var share = []struct {
	kind  string
	part  float64
	plant func(*generator, []row) row
}{
	{"boilerplate", .05, (*generator).boilerplate},
	{"exact", .05, (*generator).exact},
	{"near", .05, (*generator).near},
	{"mojibake", .04, (*generator).mojibake},
	{"pii", .05, (*generator).personal},
	{"insult", .04, (*generator).insult},
	{"gibberish", .04, (*generator).gibberish},
	{"repeated", .03, (*generator).repeated},
	{"skewed", .15, (*generator).skewed},
}

// make returns the rows in mixed order, and test rows of which some were leaked into them.
func (g *generator) make(clean int) (rows, test []row) {
	for range clean {
		rows = append(rows, g.clean())
	}
	good := append([]row(nil), rows...)
	for _, s := range share {
		for range int(s.part * float64(clean)) {
			r := s.plant(g, good)
			r.Planted = s.kind
			rows = append(rows, r)
		}
	}
	for i := range clean / 20 {
		t := g.clean()
		t.ID = "test-" + t.ID
		t.Question += " " + g.clean().Question // two questions in one, so that no other row asks the same
		test = append(test, t)
		if i%2 == 0 {
			leaked := g.fresh(t)
			leaked.Planted = "leak"
			rows = append(rows, leaked)
		}
	}
	g.rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	// Copies come after what they copy, so that it is the copy that goes.
	sort.SliceStable(rows, func(i, j int) bool { return !rows[i].isCopy() && rows[j].isCopy() })
	return rows, test
}

func (r row) isCopy() bool { return r.Planted == "exact" || r.Planted == "near" }

// fresh gives a row a new id.
func (g *generator) fresh(r row) row {
	g.n++
	r.ID = fmt.Sprintf("%s-%05d", g.code, g.n)
	return r
}

func pick[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

func (g *generator) boilerplate(good []row) row {
	r := g.clean()
	lines := append([]string(nil), g.menus...)
	g.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	r.Answer = lines[0] + "\n" + r.Answer + "\n" + strings.Join(lines[1:3], "\n")
	return r
}

func (g *generator) exact(good []row) row { return g.fresh(pick(g, good)) }

// near changes about one unit in thirty.
func (g *generator) near(good []row) row {
	r := g.fresh(pick(g, good))
	units := strings.SplitAfter(r.Answer, g.unit)
	for i := range max(1, len(units)/30) {
		units[(i*30+g.rng.IntN(len(units)))%len(units)] = pick(g, g.fill) + g.unit
	}
	r.Answer = strings.Join(units, "")
	return r
}

// mojibake reads the UTF-8 of a text as Windows-1252; bytes that the page lacks become the characters of their number, as browsers do it.
func (g *generator) mojibake(good []row) row {
	r := g.clean()
	text := r.Answer
	if g.code == "en" {
		text = strings.NewReplacer("'", "’", " - ", " — ").Replace(text) + " It’s as easy as making café au lait — don’t worry."
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		u := charmap.Windows1252.DecodeByte(c)
		if u == utf8.RuneError {
			u = rune(c)
		}
		b.WriteRune(u)
	}
	r.Answer = b.String()
	return r
}

func (g *generator) personal(good []row) row {
	r := g.clean()
	name := pick(g, []string{"li.wei", "anna", "tom.brown", "wang.fang", "maria"})
	values := []string{fmt.Sprintf("%s%d@example.org", name, g.rng.IntN(90)+10), fmt.Sprintf("(%d%02d) 555-01%02d", 2+g.rng.IntN(7), 12+g.rng.IntN(80), g.rng.IntN(100))}
	if g.code == "zh" {
		values[1] = fmt.Sprintf("13%d%08d", g.rng.IntN(10), g.rng.IntN(100000000))
	}
	r.Answer += fmt.Sprintf(g.contact, pick(g, values))
	return r
}

func (g *generator) insult(good []row) row {
	r := g.clean()
	p := g.rng.Perm(len(g.insults))
	r.Answer = g.insults[p[0]] + g.gap + g.insults[p[1]] + g.gap + g.insults[p[2]]
	return r
}

func (g *generator) gibberish(good []row) row {
	r := g.clean()
	const signs = "#@$%^&*~|<>{}[]0123456789qxzjkv "
	b := make([]byte, 200+g.rng.IntN(500))
	for i := range b {
		b[i] = signs[g.rng.IntN(len(signs))]
	}
	r.Question, r.Answer = string(b[:20]), string(b[20:])
	return r
}

func (g *generator) repeated(good []row) row {
	r := g.clean()
	r.Answer = strings.Repeat(pick(g, g.slogans)+g.gap, 15+g.rng.IntN(30))
	return r
}

// skewed tells of people at work, each trade with the pronoun that stereotype gives it.
func (g *generator) skewed(good []row) row {
	r := g.clean()
	r.Answer += g.gap + fmt.Sprintf(pick(g, g.people), pick(g, g.plants))
	return r
}
