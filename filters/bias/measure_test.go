package bias

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/spec"
	"winnow/internal/text"
)

func withDefaults[T any](edit func(*T)) *T {
	p := new(T)
	spec.SetDefaults(p)
	if edit != nil {
		edit(p)
	}
	return p
}

func records(texts ...string) []filtertest.Record {
	out := make([]filtertest.Record, len(texts))
	for i, s := range texts {
		out[i] = filtertest.Record{ID: fmt.Sprintf("r%d", i), Source: "test", Text: s}
	}
	return out
}

func TestShippedLists(t *testing.T) {
	for _, name := range shippedLists() {
		f, err := readList(name, &filtertest.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Groups) > 0 {
			if _, err := newSpeaker(f); err != nil {
				t.Error(err)
			}
		}
		seen := map[string]string{}
		for _, g := range f.groupNames() {
			for _, list := range f.Groups[g] {
				for _, entry := range list {
					for form := range strings.SplitSeq(entry, "|") {
						form = strings.TrimSpace(form)
						if other := seen[form]; other != "" && other != g {
							t.Errorf("list %s: %q stands for %s and %s", name, form, other, g)
						}
						seen[form] = g
					}
				}
			}
		}
	}
}

func TestListMistakes(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"groups: {a: {en: [x]}, b: {en: [y]}}", "no `name`"},
		{"name: n", "neither `groups` nor `words`"},
		{"name: n\ngroups: {a: {en: [x]}}", "needs two"},
		{"name: n\ngroup: {}", "group"},
		{"name: [", ""},
	} {
		if _, err := parseList([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.file, err, c.want)
		}
	}
	if _, err := readList("gendre", &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), `did you mean "gender"`) {
		t.Errorf("a misspelt list: %v", err)
	}
}

func TestGroupsOfRows(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"She said so.", "female"},
		{"HE'S late", "male"},
		{"my mother’s tongue", "female"},
		{"my mother tongue", "none"},
		{"the theme of the hymn", "none"},
		{"he and she", "both"},
		{"他说，她来了", "both"},
		{"其他人弹吉他", "none"},
		{"妇科的男医生", "male"},
		{"子女和父母", "none"},
		{"她们都是女工程师", "female"},
		{"维他命对男女都好", "none"},
		{"姐妹俩", "female"},
		{"兄弟姐妹", "none"},
		{"a mother-in-law", "female"},
		{"", "none"},
	} {
		out := filtertest.Survey(t, withDefaults[Groups](nil), filters.Whole, &filtertest.Env{}, filtertest.NewSet(t, nil, 1, records(c.text)))
		if got := out.Rows[0].Values["gender"]; got != c.want {
			t.Errorf("%q speaks of %v, want %s", c.text, got, c.want)
		}
	}
	out := filtertest.Survey(t, withDefaults(func(g *Groups) { g.Majority, g.Column = true, "sex" }), filters.Whole, &filtertest.Env{}, filtertest.NewSet(t, nil, 1, records("she, her and him")))
	if got := out.Rows[0].Values["sex"]; got != "female" {
		t.Errorf("by majority the row speaks of %v, want female", got)
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"He left. She stayed.", []string{"He left.", "She stayed."}},
		{"Dr. J. Smith spoke. It was 3.5 miles.", []string{"Dr. J. Smith spoke.", "It was 3.5 miles."}},
		{"他走了。她没走！\n好", []string{"他走了。", "她没走！", "好"}},
		{"one line\ngoes on", []string{"one line\ngoes on"}},
		{"a title\n\nthe text", []string{"a title", "the text"}},
		{"", nil},
	} {
		var d text.Doc
		d.Reset([]byte(c.text))
		var got []string
		for _, s := range cutWindows(nil, &d, "sentence") {
			got = append(got, excerpt(&d, d.Words(), s))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%q was cut to %q, want %q", c.text, got, c.want)
		}
	}
}

// stereotyped makes n sentences in which nurses are women and engineers men, but for every tenth.
func stereotyped(n int) []string {
	var out []string
	for i := range n {
		a, b := "She", "He"
		if i%10 == 0 {
			a, b = b, a
		}
		out = append(out, fmt.Sprintf("%s works as a nurse. %s is an engineer in town %d. The teacher spoke to her and to him.", a, b, i))
		c, d := "她", "他"
		if i%10 == 0 {
			c, d = d, c
		}
		out = append(out, fmt.Sprintf("%s是一名护士。%s是工程师，第%d位。", c, d, i))
	}
	return out
}

func TestAssociations(t *testing.T) {
	set := filtertest.NewSet(t, nil, 3, records(stereotyped(100)...))
	out := filtertest.Survey(t, withDefaults[MeasureBias](nil), filters.Whole, &filtertest.Env{}, set)
	f := out.Findings.(Findings)
	if f.Rows.Counts["both"] != 200 {
		t.Errorf("rows %v, want 200 that speak of both", f.Rows.Counts)
	}
	if len(f.Languages) != 2 || f.Languages[0].Lang != "en" || f.Languages[1].Lang != "zh" {
		t.Fatalf("languages %+v", f.Languages)
	}
	for i, want := range []map[string]string{{"nurse": "female", "engineer": "male"}, {"护士": "female", "工程师": "male"}} {
		l := f.Languages[i]
		if l.Skewed != 2 || len(l.Attributes) != 2 {
			t.Fatalf("%s: %d attributes are skewed, want 2: %+v", l.Lang, l.Skewed, l.Attributes)
		}
		for _, a := range l.Attributes {
			if want[a.Attribute] != a.LeansTo || a.Z < 5 || a.NPMI[a.LeansTo] <= 0 || len(a.Examples[a.LeansTo]) != 3 {
				t.Errorf("%s: %+v", l.Lang, a)
			}
		}
	}
	if e := f.Languages[0].Attributes[0].Examples; !strings.Contains(fmt.Sprint(e), "r0") {
		t.Errorf("the first row is no example: %v", e)
	}
}

func TestMeasureAnySharding(t *testing.T) {
	texts := append(stereotyped(30), "其他", "", "Only men here.")
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.Permutation(texts).Draw(rt, "texts")
		run := func(shards int) string {
			m := withDefaults(func(m *MeasureBias) { m.Columns = []string{"source"} })
			out := filtertest.Survey(t, m, filters.Whole, &filtertest.Env{}, filtertest.NewSet(t, nil, shards, records(texts...)))
			b, err := json.Marshal(out.Findings)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if one, many := run(1), run(rapid.IntRange(2, 9).Draw(rt, "shards")); one != many {
			rt.Fatalf("one shard: %s\nmany: %s", one, many)
		}
	})
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte("name: n\ngroups: {a: {en: [x | xs]}, b: {zh: [他]}}\nnot: {zh: [其他]}"))
	f.Add([]byte("name: n\nwords: {en: [x, '|']}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseList(data)
		if err != nil || len(list.Groups) == 0 {
			return
		}
		s, err := newSpeaker(list)
		if err != nil {
			return
		}
		var d text.Doc
		d.Reset(data)
		s.count(&d, make([]int64, len(s.groups)))
	})
}
