package bias

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/internal/text"
)

//go:embed lists/*.yaml
var shipped embed.FS

// wordFile is a file of lists: groups of people, or attributes such as occupations.
type wordFile struct {
	Name    string                         `yaml:"name"`
	Plurals bool                           `yaml:"plurals"` // find English plurals of single words, too
	Groups  map[string]map[string][]string `yaml:"groups"`  // group → language → words
	Words   map[string][]string            `yaml:"words"`   // of attributes: language → words
	Not     map[string][]string            `yaml:"not"`     // language → words that only look as if they held a listed one
}

// shippedLists names the lists in the binary.
func shippedLists() []string {
	entries, err := shipped.ReadDir("lists")
	if err != nil {
		panic(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}

// readList reads a shipped list by name, or a file when the name has an extension or a folder.
func readList(name string, env filters.Env) (*wordFile, error) {
	var data []byte
	var err error
	if strings.ContainsAny(name, "./\\") {
		data, err = env.ReadFile(name)
	} else {
		data, err = shipped.ReadFile(path.Join("lists", name+".yaml"))
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no list %q; shipped are %s. A file of your own is named with its extension, such as %s.yaml", name, strings.Join(shippedLists(), ", "), name)
			if near := spec.Nearest(name, shippedLists()); near != "" {
				err = fmt.Errorf("there is no list %q; did you mean %q?", name, near)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	f, err := parseList(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// parseList reads a file of lists and checks it.
func parseList(data []byte) (*wordFile, error) {
	var f wordFile
	if err := decodeYAML(data, &f); err != nil {
		return nil, fmt.Errorf("not a file of word lists (keys: name, groups, words, not, plurals): %w", err)
	}
	if f.Name == "" {
		return nil, fmt.Errorf("the file has no `name`, under which columns and figures are written")
	}
	if len(f.Groups) == 0 && len(f.Words) == 0 {
		return nil, fmt.Errorf("the file has neither `groups` nor `words`")
	}
	if len(f.Groups) == 1 {
		return nil, fmt.Errorf("the file has one group; a comparison needs two")
	}
	if len(f.Groups) > 32 {
		return nil, fmt.Errorf("the file has %d groups; at most 32 are possible", len(f.Groups))
	}
	return &f, f.checkGroups()
}

// checkGroups makes sure that every group can be found in every language of the file, and that no word stands for two: either would give figures that look like findings.
func (f *wordFile) checkGroups() error {
	languages := map[string]string{} // language → a group that has words in it
	for _, g := range f.groupNames() {
		for lang, words := range f.Groups[g] {
			if len(words) > 0 {
				languages[lang] = g
			}
		}
	}
	for _, lang := range sortedKeys(languages) {
		of := map[string]string{} // form → group
		for _, g := range f.groupNames() {
			if len(f.Groups[g][lang]) == 0 {
				return fmt.Errorf("group %q has no words in %s, while %q has: its people would be counted as absent; write some, or take the language out of all groups", g, lang, languages[lang])
			}
			for _, entry := range f.Groups[g][lang] {
				for form := range strings.SplitSeq(entry, "|") {
					form = strings.ToLower(strings.TrimSpace(form))
					if other, ok := of[form]; ok && other != g {
						return fmt.Errorf("%q (%s) stands in two groups, %s and %s: leave it in one, or in none when it may mean either", form, lang, other, g)
					}
					of[form] = g
				}
			}
		}
	}
	if len(f.Groups) > 0 && len(languages) == 0 {
		return fmt.Errorf("no group has words: write them as `%s: {en: [...], zh: [...]}`", f.groupNames()[0])
	}
	return nil
}

// decodeYAML reads YAML strictly. A fault of the parser on a strange file is an error, not the end of the run.
func decodeYAML(data []byte, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML cannot be read: %v", p)
		}
	}()
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}

// groupNames lists the groups, sorted.
func (f *wordFile) groupNames() []string { return sortedKeys(f.Groups) }

// matcher finds the words of lists in a text: the longest that begins at a word, and none within a word of `not`. It is read-only and shared by workers.
type matcher struct {
	heads map[uint64][]phrase // by the hash of the first word, longest first
}

// phrase is one form of a listed word. id counts in the list's order; −1 is a word that is none.
type phrase struct {
	rest []uint64
	id   int32
}

// notListed is the id of a word of `not`.
const notListed = int32(-1)

func newMatcher() *matcher { return &matcher{heads: map[uint64][]phrase{}} }

// add takes one entry with its forms ("man | men"); with plurals the regular English plural of single words, too.
func (m *matcher) add(entry string, id int32, plurals bool) error {
	var doc text.Doc
	for form := range strings.SplitSeq(entry, "|") {
		form = strings.ToLower(strings.TrimSpace(form))
		forms := []string{form}
		if plurals && id >= 0 && !strings.Contains(entry, "|") && isASCII(form) {
			forms = append(forms, plural(form))
		}
		for _, f := range forms {
			doc.Reset([]byte(f))
			var hashes []uint64
			for _, w := range doc.Words() {
				hashes = append(hashes, w.Hash)
			}
			if len(hashes) == 0 {
				return fmt.Errorf("the entry %q holds no word", entry)
			}
			list := append(m.heads[hashes[0]], phrase{hashes[1:], id})
			slices.SortStableFunc(list, func(a, b phrase) int { return len(b.rest) - len(a.rest) })
			m.heads[hashes[0]] = list
		}
	}
	return nil
}

// plural is the regular English plural of a word.
func plural(w string) string {
	switch {
	case strings.HasSuffix(w, "s"), strings.HasSuffix(w, "x"), strings.HasSuffix(w, "ch"), strings.HasSuffix(w, "sh"):
		return w + "es"
	case strings.HasSuffix(w, "y") && len(w) > 1 && !strings.ContainsRune("aeiou", rune(w[len(w)-2])):
		return w[:len(w)-1] + "ies"
	}
	return w + "s"
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// at returns the listed word that begins at word i: its id and how many words it has; n is 0 when there is none.
func (m *matcher) at(d *text.Doc, words []text.Word, i int) (id int32, n int) {
	if list := m.heads[words[i].Hash]; list != nil {
		if id, n = longest(list, words[i+1:]); n > 0 {
			return id, n
		}
	}
	// she's, mother's: the word before the apostrophe
	if words[i].Kind == text.Letters {
		if stem, ok := beforeApostrophe(d.Bytes(words[i])); ok {
			if list := m.heads[hashLower(stem)]; list != nil {
				for _, p := range list {
					if len(p.rest) == 0 {
						return p.id, 1
					}
				}
			}
		}
	}
	return 0, 0
}

func longest(list []phrase, after []text.Word) (id int32, n int) {
next:
	for _, p := range list {
		if len(p.rest) > len(after) {
			continue
		}
		for k, h := range p.rest {
			if after[k].Hash != h {
				continue next
			}
		}
		return p.id, 1 + len(p.rest)
	}
	return 0, 0
}

func beforeApostrophe(word []byte) ([]byte, bool) {
	for i, b := range word {
		if b == '\'' || b == 0xE2 && i+2 < len(word) && word[i+1] == 0x80 && word[i+2] == 0x99 {
			return word[:i], i > 0
		}
	}
	return nil, false
}

func hashLower(b []byte) uint64 {
	var doc text.Doc
	doc.Reset(b)
	if w := doc.Words(); len(w) == 1 {
		return w[0].Hash
	}
	return 0
}

// firstForm is the form under which an entry is reported.
func firstForm(entry string) string {
	form, _, _ := strings.Cut(entry, "|")
	return strings.TrimSpace(form)
}
