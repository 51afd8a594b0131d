package bias

import (
	"fmt"
	"math/bits"
	"path"
	"strings"

	"winnow/internal/text"
)

// speaker says of which groups a text speaks.
type speaker struct {
	file   *wordFile
	groups []string
	match  *matcher
}

func newSpeaker(f *wordFile) (*speaker, error) {
	if len(f.Groups) == 0 {
		return nil, fmt.Errorf("the list %s has no `groups`", f.Name)
	}
	s := &speaker{file: f, groups: f.groupNames(), match: newMatcher()}
	for id, g := range s.groups {
		for _, lang := range sortedKeys(f.Groups[g]) {
			for _, entry := range f.Groups[g][lang] {
				if err := s.match.add(entry, int32(id), false); err != nil {
					return nil, fmt.Errorf("group %s of the list %s: %w", g, f.Name, err)
				}
			}
		}
	}
	return s, s.match.addNot(f)
}

func (m *matcher) addNot(f *wordFile) error {
	for _, lang := range sortedKeys(f.Not) {
		for _, entry := range f.Not[lang] {
			if err := m.add(entry, notListed, false); err != nil {
				return fmt.Errorf("`not` of the list %s: %w", f.Name, err)
			}
		}
	}
	return nil
}

// count adds the words of each group that stand in a text.
func (s *speaker) count(d *text.Doc, counts []int64) {
	words := d.Words()
	for i := 0; i < len(words); {
		id, n := s.match.at(d, words, i)
		if n > 0 && id >= 0 {
			counts[id]++
		}
		i += max(n, 1)
	}
}

// Values of a group column besides the names of groups.
const (
	Both    = "both" // of a row that speaks of several groups
	Nobody  = "none" // of a row that speaks of none
	maxRows = 3      // examples of a finding
)

// of names the group that a row speaks of. With majority a group with at least twice the words of any other has the row.
func (s *speaker) of(counts []int64, majority bool) string {
	present, best := 0, 0
	for id, n := range counts {
		if n > 0 {
			present |= 1 << id
		}
		if n > counts[best] {
			best = id
		}
	}
	switch {
	case present == 0:
		return Nobody
	case bits.OnesCount(uint(present)) == 1:
		return s.groups[best]
	}
	if majority {
		second := int64(0)
		for id, n := range counts {
			if id != best {
				second = max(second, n)
			}
		}
		if counts[best] >= 2*second {
			return s.groups[best]
		}
	}
	return Both
}

// values lists what a group column may hold.
func (s *speaker) values() []string { return append(append([]string(nil), s.groups...), Both, Nobody) }

// columnName is the column for the groups of a list: the given name, else that of the list or file without folder and extension.
func columnName(given, list string) string {
	if given != "" {
		return given
	}
	base := path.Base(strings.ReplaceAll(list, "\\", "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}
