package bias

import (
	"strings"
	"testing"
	"unicode/utf8"

	"winnow/filters/filtertest"
)

func TestCases(t *testing.T) { filtertest.Cases(t, "counterfactual") }

func TestEnglishSentences(t *testing.T) {
	s := newSwapper(t)
	for _, c := range []struct{ in, want string }{
		{"She's late, he'd gone and they'll see her.", "He's late, she'd gone and they'll see him."},
		{"SHE SAID NO", "HE SAID NO"},
		{"HE degrees are expensive.", "="},
		{"The queen's husband met the waiters.", "The king's wife met the waitresses."},
		{"Her Majesty visited Queen Mary's Hospital.", "="},
		{"Hers & Co is a shop.", "="},
		{"Her mother-in-law and her ex-husband came.", "His father-in-law and his ex-wife came."},
		{"Lady Gaga sang for Ms. Jones.", "Lady Gaga sang for Mr. Jones."},
		{"By Mr. John Smith\nHe was tall.", "By Mr. John Smith\nShe was tall."},
		{"She loved \"Little Women\" and her cat.", "He loved \"Little Women\" and his cat."},
		{"“Where is she?” asked my aunt.", "“Where is he?” asked my uncle."},
		{"A friend of his and a friend of hers", "A friend of hers and a friend of his"},
		{"I will miss her; Miss Brown will not.", "I will miss him; Mr Brown will not."},
		{"He was treated for prostate cancer. He is well.", "He was treated for prostate cancer. She is well."},
		{"Thank God for my father.", "Thank God for my mother."},
		{"Mankind and manmade fibres", "Womankind and manmade fibres"},
		{"the king-size bed of the landlord", "the king-size bed of the landlady"},
		{"Paul James met James.", "Margaret James met Audrey."},
		{"an earl, a Countess and an heir", "a countess, an Earl and an heiress"},
		{"He-man toys", "="},
		{"shehe hers", "shehe his"},
		{"", "="},
	} {
		if c.want == "=" {
			c.want = c.in
		}
		if got := s.text(c.in); got != c.want {
			t.Errorf("%q\nbecame %q\nwant   %q", c.in, got, c.want)
		}
	}
}

func TestNamesBesideFamilyNames(t *testing.T) {
	s := newSwapper(t)
	in := "Mary Smith came. Mary waved at Linda."
	for names, want := range map[string]string{"all": "John Smith came. John waved at David.", "lone": "Mary Smith came. Mary waved at David.", "none": in} {
		s.names = names
		if got := s.text(in); got != want {
			t.Errorf("names %s: %q, want %q", names, got, want)
		}
	}
}

func TestSwapMistakes(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"groups: [a]", "two groups"},
		{"groups: [a, b]\npairs: {en: [x]}", "two words"},
		{"groups: [a, b]\npairs: {en: [x y, x z]}", "two counterparts"},
		{"groups: [a, b]\npair: {}", "pair"},
	} {
		if _, err := parseSwaps([]byte(c.file), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.file, err, c.want)
		}
	}
}

func FuzzSwap(f *testing.F) {
	for _, s := range []string{"She said \"Her\" & Co.", "她的其他《书》妈妈", "``His'' By Mr. X\n\nMISS", "ex-wife's ’ '", "\xff他\xe5", "St. Mary-Ann'’s"} {
		f.Add(s)
	}
	s := newSwapper(f)
	f.Fuzz(func(t *testing.T, in string) {
		for _, s.names = range []string{"all", "lone"} {
			out := s.text(in)
			if utf8.ValidString(in) && !utf8.ValidString(out) {
				t.Fatalf("%q became %q, which is not UTF-8", in, out)
			}
			if strings.Count(in, "\n") != strings.Count(out, "\n") {
				t.Fatalf("%q became %q with other lines", in, out)
			}
			s.text(out)
		}
	})
}

// memory is an Env with one file.
type memory struct {
	filtertest.Env
	data []byte
}

func (m *memory) ReadFile(string) ([]byte, error) { return m.data, nil }

func TestListOfOnesOwn(t *testing.T) {
	env := &memory{data: []byte("groups: [young, old]\npairs: {en: [young old, youths pensioners]}\none_way: {en: [teenager pensioner]}\nkeep: {en: [old town]}")}
	table, err := readSwaps("age.yaml", []string{"Old Faithful"}, env)
	if err != nil {
		t.Fatal(err)
	}
	s := &swapper{table: table, names: "all"}
	in, want := "A young teenager and her pensioners saw the old town of Old Faithful.", "An old pensioner and her youths saw the old town of Old Faithful."
	if got := s.text(in); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzParseSwaps(f *testing.F) {
	f.Add([]byte("groups: [a, b]\npairs: {en: [x y], zh: [他 她]}\nkeep: {en: [q r]}\nsex: {en: [s]}"))
	f.Add(genderSwaps)
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := readSwaps("x.yaml", nil, &memory{data: data})
		if err != nil {
			return
		}
		s := &swapper{table: table, names: "all"}
		s.text(string(data))
	})
}
