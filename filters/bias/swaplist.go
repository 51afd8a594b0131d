package bias

import (
	_ "embed"
	"fmt"
	"strings"

	"winnow/filters"
	"winnow/internal/text"
)

//go:embed swaps/gender.yaml
var genderSwaps []byte

//go:embed swaps/names.txt
var nameSwaps string

// swapFile is a file of words that are swapped for their counterparts.
type swapFile struct {
	Name   string              `yaml:"name"`
	Groups []string            `yaml:"groups"`  // the two groups, in the order of the pairs
	Pairs  map[string][]string `yaml:"pairs"`   // language → "her his": each stands for the other
	OneWay map[string][]string `yaml:"one_way"` // language → "ms mr": only the first becomes the second
	Keep   map[string][]string `yaml:"keep"`    // language → words and phrases that stay
	Sex    map[string][]string `yaml:"sex"`     // language → words whose sentences stay
}

// swapTable is what a swapFile comes to. It is read-only and shared by workers.
type swapTable struct {
	groups [2]string
	gender bool              // her, his, him and hers are told apart by what stands around them
	latin  map[string]string // words of letters, in lower case
	han    *matcher          // Chinese words to be swapped, and all phrases that stay
	into   []string          // counterparts of the words of han
	sex    *matcher
	names  map[string]string // with capitals
	hashes map[uint64]bool   // of the words of latin and names: most words of a text are turned away by them
}

func readSwaps(list string, keep []string, env filters.Env) (*swapTable, error) {
	data := genderSwaps
	if list != "gender" {
		if !strings.ContainsAny(list, "./\\") {
			return nil, fmt.Errorf("there is no list %q of swaps; shipped is gender, a file of your own is named with its extension, such as %s.yaml", list, list)
		}
		var err error
		if data, err = env.ReadFile(list); err != nil {
			return nil, err
		}
	}
	t, err := parseSwaps(data, keep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	t.gender = list == "gender"
	if t.gender {
		for line := range strings.Lines(nameSwaps) {
			if a, b, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
				t.names[a], t.names[b] = b, a
			}
		}
	}
	t.hashes = map[uint64]bool{}
	for w := range t.latin {
		t.hashes[hashLower([]byte(w))] = true
	}
	for w := range t.names {
		t.hashes[hashLower([]byte(w))] = true
	}
	if t.gender {
		for _, w := range []string{"her", "his", "him", "hers"} {
			t.hashes[hashLower([]byte(w))] = true
		}
	}
	return t, nil
}

// parseSwaps reads a file of swaps. A word with two counterparts is a mistake.
func parseSwaps(data []byte, keep []string) (*swapTable, error) {
	var f swapFile
	if err := decodeYAML(data, &f); err != nil {
		return nil, fmt.Errorf("not a file of swaps (keys: name, groups, pairs, one_way, keep, sex): %w", err)
	}
	if len(f.Groups) != 2 {
		return nil, fmt.Errorf("`groups` must name the two groups of the pairs; it has %d", len(f.Groups))
	}
	t := &swapTable{groups: [2]string{f.Groups[0], f.Groups[1]}, latin: map[string]string{}, han: newMatcher(), sex: newMatcher(), names: map[string]string{}}
	seen := map[string]string{}
	put := func(from, to string) error {
		if other, ok := seen[from]; ok {
			return fmt.Errorf("%q has two counterparts, %q and %q", from, other, to)
		}
		seen[from] = to
		if from[0] < 0x80 {
			t.latin[from] = to
			return nil
		}
		t.into = append(t.into, to)
		return t.han.add(from, int32(len(t.into)-1), false)
	}
	for _, lang := range sortedKeys(f.Pairs) {
		for _, p := range f.Pairs[lang] {
			a, b, ok := strings.Cut(strings.ToLower(p), " ")
			if !ok || a == "" || b == "" {
				return nil, fmt.Errorf("the pair %q must hold two words with a space between them", p)
			}
			if err := put(a, b); err != nil {
				return nil, err
			}
			if err := put(b, a); err != nil {
				return nil, err
			}
		}
	}
	for _, lang := range sortedKeys(f.OneWay) {
		for _, p := range f.OneWay[lang] {
			a, b, ok := strings.Cut(strings.ToLower(p), " ")
			if !ok || a == "" || b == "" {
				return nil, fmt.Errorf("one_way: %q must hold two words with a space between them", p)
			}
			if err := put(a, b); err != nil {
				return nil, err
			}
		}
	}
	for _, lang := range sortedKeys(f.Keep) {
		keep = append(keep[:len(keep):len(keep)], f.Keep[lang]...)
	}
	for _, k := range keep {
		if err := t.han.add(k, notListed, false); err != nil {
			return nil, fmt.Errorf("keep: %w", err)
		}
	}
	for _, lang := range sortedKeys(f.Sex) {
		for _, w := range f.Sex[lang] {
			if err := t.sex.add(w, 0, false); err != nil {
				return nil, fmt.Errorf("sex: %w", err)
			}
		}
	}
	return t, nil
}

// hasAny reports whether a listed word stands in the words.
func (m *matcher) hasAny(d *text.Doc, words []text.Word) bool {
	for i := range words {
		if _, n := m.at(d, words, i); n > 0 {
			return true
		}
	}
	return false
}
