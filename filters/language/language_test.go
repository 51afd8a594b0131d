package language

import (
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
)

func TestCases(t *testing.T) { filtertest.Cases(t, "language") }

func TestColumns(t *testing.T) {
	step := filters.Lookup("language").Defaults().(*Language)
	step.Keep = nil
	_, _, row := filtertest.Apply(t, step, filters.Whole, "Il faisait beau et nous avons marché une heure au bord de la rivière.")
	if score, ok := row.Value("lang_score").Float(); row.Lang() != "fr" || !ok || score < .8 {
		t.Errorf("lang %q, score %v", row.Lang(), score)
	}
	_, _, row = filtertest.Apply(t, step, filters.Whole, "1 + 1 = 2")
	if v := row.Value("lang"); v.Kind != filters.Null {
		t.Errorf("a text without letters has the language %q", v)
	}
}

// TestFewLetters: of a word or two only the script is sure.
func TestFewLetters(t *testing.T) {
	for _, c := range []struct {
		keep         []string
		text         string
		lang, reason string
	}{
		{[]string{"en", "zh"}, "Tempo", "en", ""},
		{[]string{"en", "zh"}, "你好", "zh", ""},
		{[]string{"en"}, "你好", "zh", "other language"},
		{[]string{"zh"}, "Tempo", "", "other language"},
		{[]string{"zh", "de", "en"}, "Mit", "de", ""},
	} {
		step := filters.Lookup("language").Defaults().(*Language)
		step.Keep = c.keep
		_, reason, row := filtertest.Apply(t, step, filters.Whole, c.text)
		if reason != c.reason || c.lang != "" && row.Lang() != c.lang {
			t.Errorf("%v, %q: %q, dropped %q", c.keep, c.text, row.Lang(), reason)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		step Language
		want string
	}{{Language{Keep: []string{"cn"}}, `did you mean "zh"`}, {Language{Among: []string{"en"}, Keep: []string{"de"}}, "language.among"}, {Language{Among: []string{"xx"}}, `"xx"`}} {
		if err := c.step.Prepare(t.Context(), &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.step.Keep, err)
		}
	}
}
