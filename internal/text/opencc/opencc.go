// Package opencc converts Chinese between its scripts and regional forms as OpenCC 1.4 does: by the longest match in OpenCC's dictionaries, which are embedded
// (Apache-2.0, see LICENSE.opencc). Start with New. The configurations have OpenCC's names:
//
//	s2t t2s            Simplified, Traditional (OpenCC's own standard of characters)
//	s2tw t2tw tw2s tw2t  Taiwan; s2twp tw2sp also exchange words ("内存" and "記憶體")
//	s2hk t2hk hk2s hk2t  Hong Kong; s2hkp hk2sp also exchange words
//	t2jp jp2t          Japanese characters of 1949
package opencc

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"winnow/internal/text"
)

//go:generate go run winnow/internal/tools/opencc ../../../../shared/data/language/opencc.tar.zst .

//go:embed tables.zst
var packed []byte

// config says which tables a conversion asks. A stage is a list of groups: the first group that has a match decides, the longest match within it.
type config struct {
	cut    []string     // tables by whose keys the text is cut first; no match crosses a cut
	stages [][][]string // one after the other
}

var (
	simplifiedPhrases = []string{"STPhrases", "STPhrasesRegional"}
	toTraditional     = [][]string{append(simplifiedPhrases[:2:2], "STCharacters")}
	toSimplified      = [][]string{{"TSPhrases", "TSCharactersExt", "TSCharacters"}}
	toTaiwan          = [][]string{{"TWVariantsPhrases", "TWVariants"}}
	toTaiwanWords     = [][]string{{"TWPhrases"}, {"TWVariantsPhrases", "TWVariants"}}
	fromTaiwan        = [][]string{{"TWVariantsRevPhrases", "TWVariantsRev"}}
	fromTaiwanWords   = [][]string{{"TWPhrasesRev"}, {"TWVariantsRevPhrases", "TWVariantsRev"}}
	toHongKong        = [][]string{{"HKVariantsPhrases", "HKVariants"}}
	toHongKongWords   = [][]string{{"HKPhrases"}, {"HKVariantsPhrases", "HKVariants"}}
	fromHongKong      = [][]string{{"HKVariantsRevPhrases", "HKVariantsRev"}}
	fromHongKongWords = [][]string{{"HKPhrasesRev"}, {"HKVariantsRevPhrases", "HKVariantsRev"}}
	traditionalCuts   = []string{"TSPhrases"}
)

var configs = map[string]config{
	"s2t":   {nil, [][][]string{toTraditional}},
	"t2s":   {nil, [][][]string{toSimplified}},
	"s2tw":  {simplifiedPhrases, [][][]string{toTraditional, toTaiwan}},
	"s2twp": {simplifiedPhrases, [][][]string{toTraditional, toTaiwanWords}},
	"t2tw":  {nil, [][][]string{toTaiwan}},
	"tw2t":  {nil, [][][]string{fromTaiwan}},
	"tw2s":  {traditionalCuts, [][][]string{fromTaiwan, toSimplified}},
	"tw2sp": {traditionalCuts, [][][]string{fromTaiwanWords, toSimplified}},
	"s2hk":  {simplifiedPhrases, [][][]string{toTraditional, toHongKong}},
	"s2hkp": {simplifiedPhrases, [][][]string{toTraditional, toHongKongWords}},
	"t2hk":  {nil, [][][]string{toHongKong}},
	"hk2t":  {nil, [][][]string{fromHongKong}},
	"hk2s":  {traditionalCuts, [][][]string{fromHongKong, toSimplified}},
	"hk2sp": {traditionalCuts, [][][]string{fromHongKongWords, toSimplified}},
	"t2jp":  {nil, [][][]string{{{"JPShinjitaiCharactersRev"}}}},
	"jp2t":  {nil, [][][]string{{{"JPShinjitaiPhrases"}, {"JPShinjitaiCharacters"}}}},
}

// table is a dictionary in which the longest key is looked up.
type table struct {
	keys   *text.Trie
	values []string // by the number of a key; the first is unused
}

func newTable() *table { return &table{keys: text.NewTrie(0), values: []string{""}} }

// add gives a key its value unless it has one.
func (t *table) add(key, value string) {
	t.keys.Add(key, int32(len(t.values)))
	t.values = append(t.values, value)
}

// longest returns the value of the longest key that b begins with, and the key's bytes; 0 when there is none.
func (t *table) longest(b []byte) (string, int) {
	v, n := t.keys.Longest(b)
	return t.values[v], n
}

// entry is one line of a dictionary file.
type entry struct{ key, value string }

// tables reads the embedded dictionaries.
var tables = sync.OnceValue(func() map[string][]entry {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		panic(err)
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		panic(fmt.Sprintf("the embedded dictionaries of OpenCC are damaged: %v", err))
	}
	out := map[string][]entry{}
	name := ""
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "[") {
			name = line[1 : len(line)-1]
			continue
		}
		key, value, _ := strings.Cut(line, "\t")
		out[name] = append(out[name], entry{key, value})
	}
	return out
})

// regional returns the phrases of Taiwan and Hong Kong whose simplified form would not become them again by the other tables: OpenCC derives the same table
// when it is built.
var regional = sync.OnceValue(func() []entry {
	t2s, s2t := []*table{merge(toSimplified[0])}, []*table{merge([]string{"STPhrases", "STCharacters"})}
	var out []entry
	for _, n := range []string{"TWPhrases", "HKPhrases"} {
		for _, e := range tables()[n] {
			simplified := replace(nil, []byte(e.key), t2s)
			if utf8.RuneCountInString(e.key) > 2 || string(replace(nil, simplified, s2t)) != e.key {
				out = append(out, entry{string(simplified), e.key})
			}
		}
	}
	return out
})

// merge puts embedded tables into one trie.
func merge(names []string) *table {
	t := newTable()
	for _, n := range names {
		for _, e := range tables()[n] {
			t.add(e.key, e.value)
		}
	}
	return t
}

func entries(name string) []entry {
	if name == "STPhrasesRegional" {
		return regional()
	}
	return tables()[name]
}

var (
	triesMu sync.Mutex
	tries   = map[string]*table{}
)

// group returns the trie of tables, of which the first wins where several have a key. Tries are shared between converters.
func group(names []string) *table {
	id := strings.Join(names, "+")
	triesMu.Lock()
	t := tries[id]
	triesMu.Unlock()
	if t != nil {
		return t
	}
	t = newTable()
	for _, n := range names {
		for _, e := range entries(n) {
			t.add(e.key, e.value)
		}
	}
	triesMu.Lock()
	tries[id] = t
	triesMu.Unlock()
	return t
}

// Converter converts texts. It may be used by several goroutines at once.
type Converter struct {
	compatibility *table
	cut           *table
	stages        [][]*table
}

// Configurations lists the names that New knows.
func Configurations() []string { return slices.Sorted(maps.Keys(configs)) }

// New returns the converter of a configuration such as s2t.
func New(name string) (*Converter, error) {
	c, ok := configs[name]
	if !ok {
		return nil, fmt.Errorf("there is no conversion %q; known: %s", name, strings.Join(Configurations(), ", "))
	}
	conv := &Converter{compatibility: group([]string{"CJK_Compatibility_Ideographs"})}
	if c.cut != nil {
		conv.cut = group(c.cut)
	}
	for _, s := range c.stages {
		var groups []*table
		for _, g := range s {
			groups = append(groups, group(g))
		}
		conv.stages = append(conv.stages, groups)
	}
	return conv, nil
}

// Convert returns the converted text; text itself is not changed.
func (c *Converter) Convert(text []byte) []byte {
	if hasCompatibility(text) {
		text = replace(make([]byte, 0, len(text)+16), text, []*table{c.compatibility})
	}
	out := make([]byte, 0, len(text)+len(text)/16+16)
	if c.cut == nil {
		return c.segment(out, text, nil)
	}
	var scratch [][]byte
	start := 0
	for i := 0; i < len(text); {
		if _, n := c.cut.longest(text[i:]); n > 0 {
			if start < i {
				out = c.segment(out, text[start:i], &scratch)
			}
			out = c.segment(out, text[i:i+n], &scratch)
			i += n
			start = i
			continue
		}
		_, n := utf8.DecodeRune(text[i:])
		i += n
	}
	return c.segment(out, text[start:], &scratch)
}

// segment sends a text that no cut runs through along the stages and appends the result.
func (c *Converter) segment(out, text []byte, scratch *[][]byte) []byte {
	for k, s := range c.stages {
		if k == len(c.stages)-1 {
			return replace(out, text, s)
		}
		for len(*scratch) <= k {
			*scratch = append(*scratch, nil)
		}
		(*scratch)[k] = replace((*scratch)[k][:0], text, s)
		text = (*scratch)[k]
	}
	return out
}

// replace appends a text with every longest match replaced.
func replace(out, text []byte, groups []*table) []byte {
	from := 0 // text[from:i] is to be copied
next:
	for i := 0; i < len(text); {
		for _, g := range groups {
			if v, n := g.longest(text[i:]); n > 0 {
				if string(text[i:i+n]) != v {
					out = append(append(out, text[from:i]...), v...)
					from = i + n
				}
				i += n
				continue next
			}
		}
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, n := utf8.DecodeRune(text[i:])
		i += n
	}
	return append(out, text[from:]...)
}

// hasCompatibility reports whether the text may hold CJK compatibility ideographs (U+F900..FAFF, U+2F800..2FA1F).
func hasCompatibility(b []byte) bool {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0xEF && b[i+1] >= 0xA4 && b[i+1] <= 0xAB || b[i] == 0xF0 && b[i+1] == 0xAF {
			return true
		}
	}
	return false
}
