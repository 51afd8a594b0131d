package eval

import "testing"

// The readers of published forms must turn any bytes into rows or into one error.

func FuzzTable(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\tb\n1\t2\n", `{"a": "1", "b": 2}`, "\xef\xbb\xbfsent_more,sent_less\n\"x\ny\",z\n", "stereotype,anti\n", "occupation,share_of_men,language\nx,.5,zh\n"} {
		f.Add("t.csv", []byte(s))
	}
	f.Add("t.tsv", []byte("a,b\tc\n\"1\t2\n"))
	f.Fuzz(func(t *testing.T, path string, data []byte) {
		table, err := parseTable(path, data)
		if err != nil {
			return
		}
		if len(table.rows) == 0 {
			t.Error("a table without rows and without an error")
		}
		if pairs, err := parsePairs(table, nil); err == nil {
			for _, p := range pairs {
				if p.stereotype == "" || p.other == "" {
					t.Error("a pair with an empty sentence")
				}
			}
		}
		by, err := parseOccupations(table)
		if err != nil {
			return
		}
		for _, list := range by {
			for _, o := range list {
				if !(o.men > 0 && o.men < 1) || o.word == "" {
					t.Errorf("occupation %+v", o)
				}
			}
		}
	})
}

func FuzzStereoSet(f *testing.F) {
	f.Add([]byte(stereoSample))
	f.Add([]byte(`{"data": {"intersentence": [{"sentences": [null]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		triples, err := parseStereoSet("set", data, nil)
		if err == nil && len(triples) == 0 {
			t.Error("neither items nor an error")
		}
		for _, x := range triples {
			for _, s := range x.sentences {
				if s == "" {
					t.Error("an item with an empty sentence")
				}
			}
		}
	})
}

func FuzzWinoBias(f *testing.F) {
	f.Add([]byte("1 [The welder] thanked the florist because [he] got flowers.\n2 The welder thanked [the florist] because [she] left.\n"))
	f.Add([]byte("[[a]] [] [she]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		env := newEnv(map[string]string{"f": string(data)})
		pairs, err := (&WinoBias{Pro: []string{"f"}, Anti: []string{"f"}}).read(env)
		if err != nil {
			return
		}
		for _, p := range pairs {
			if p[0].means == "" || p[0].other == "" || p[0].pronoun == "" || p[0].means == p[0].other {
				t.Errorf("sentence %+v", p[0])
			}
		}
	})
}

func FuzzBBQ(f *testing.F) {
	f.Add([]byte(bbqSample("ambig", "neg", 2) + "\n" + bbqSample("disambig", "nonneg", 1)))
	f.Add([]byte(`{"question_polarity":"neg","context_condition":"ambiguous","question":"谁？","ans0":"男","ans1":"女","ans2":"不确定","label":"2","bias_targeted_groups":"女性"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parseBBQ("set", data)
		if err == nil && len(rows) == 0 {
			t.Error("neither rows nor an error")
		}
		for _, r := range rows {
			if r.right < 0 || r.right > 2 || r.group < -1 || r.group > 2 || r.unknown < -1 || r.unknown > 2 || r.group >= 0 && r.group == r.unknown {
				t.Errorf("row %+v", r)
			}
			for k := range r.answers {
				r.judge(k)
			}
		}
	})
}
