package clean

import (
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
)

func TestSimplifiedCases(t *testing.T) { filtertest.Cases(t, "simplified") }

func TestSimplifiedConfigurations(t *testing.T) {
	for _, to := range []string{"simplified", "traditional", "taiwan", "hongkong"} {
		s := &Simplified{To: to, From: "auto"}
		if err := s.Prepare(t.Context(), &filtertest.Env{}); err != nil {
			t.Errorf("to %s: %v", to, err)
		}
	}
	for _, bad := range []Simplified{{To: "taiwan", From: "hongkong"}, {To: "traditional", From: "auto", Words: true}, {To: "simplified", From: "simplified"}} {
		if err := bad.Prepare(t.Context(), &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), bad.To) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func FuzzSimplified(f *testing.F) {
	for _, s := range []string{"繁體", "简体 内存", "図書館で", "\uF91B\xe4\xb8", "髮发"} {
		f.Add(s)
	}
	s := filtertest.Prepare(f, filters.Lookup("simplified").Defaults())
	f.Fuzz(func(t *testing.T, in string) {
		if _, reason, _ := filtertest.Run(t, s, s, filters.Each, in); reason != "" {
			t.Fatalf("%q was dropped: %s", in, reason)
		}
	})
}
