package bias

import (
	"strings"
	"testing"
)

// TestGroupFileMistakes: a file that would give a silent zero is an error that says what to do.
func TestGroupFileMistakes(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"name: x\ngroups: {a: {en: [red, blue | Green]}, b: {en: [green]}}\n", `"green" (en) stands in two groups, a and b`},
		{"name: x\ngroups: {a: {en: [red]}, b: {en: []}}\n", `group "b" has no words in en`},
		{"name: x\ngroups: {a: {en: [red], zh: [红]}, b: {en: [blue]}}\n", `group "b" has no words in zh, while "a" has`},
		{"name: x\ngroups: {a: {}, b: {}}\n", "no group has words"},
		{"name: x\ngroups: {a: {en: [red]}}\n", "has one group"},
		{"name: x\n", "neither `groups` nor `words`"},
		{"groups: {a: {en: [red]}, b: {en: [blue]}}\n", "has no `name`"},
	} {
		if _, err := parseList([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.file, err, c.want)
		}
	}
	if _, err := parseList([]byte("name: x\ngroups: {a: {en: [red, Red | reds]}, b: {en: [blue]}}\n")); err != nil {
		t.Errorf("a word that stands twice in one group does no harm: %v", err)
	}
}
