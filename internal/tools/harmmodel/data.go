package main

import (
	"fmt"
	"strconv"

	"github.com/zeebo/xxh3"

	"winnow/filters/harm"
	"winnow/internal/corpus"
)

// part says what a row is used for.
type part uint8

const (
	training part = iota
	calibration
	testing // kept apart: no number of the model comes from these rows
)

// example is one labelled text.
type example struct {
	text    string
	harmful bool
	cost    float64 // weight in training
	set     string
	group   string // of HateCheck the people it is about, of COLD the topic, of templates the template
	kind    string // of HateCheck the functionality
	part    part
}

// The shares of rows, in percent, that are kept apart for the test and for the calibration, by a hash of set and id.
const (
	testShare        = 20
	hateTestShare    = 30 // HateCheck is small: its groups need rows to be measured on
	benignTestShare  = 50
	calibrationShare = 8
	coldCalibration  = 50 // of COLD's test set, which is annotated with more care than its training set: slope and intercept are fitted on it
)

// The weights of the sets in training. HateCheck's 1,300 rows and the templates speak for what a name means; posts outnumber them.
const (
	hateCost     = 10
	templateCost = 2
	benignCost   = 1
	goodWindows  = 4 // of a text without harm, at most
)

// partOf says what a row is used for, by a hash of its set and id: the tests of the package harm keep to the same rule.
func partOf(set, id string, test uint64) part {
	h := xxh3.HashString("harm "+set+" "+id) % 100
	switch {
	case h < test:
		return testing
	case h < test+calibrationShare:
		return calibration
	}
	return training
}

// load reads the labelled sets of a language, the templates, and windows of good text as examples without harm.
func load(lang, dir string) ([]example, error) {
	var out []example
	labelled := loadEnglish
	if lang == "zh" {
		labelled = loadChinese
	}
	out, err := labelled(dir)
	if err != nil {
		return nil, err
	}
	templated(lang, func(text string, harmful bool, template string) {
		out = append(out, example{text: text, harmful: harmful, cost: templateCost, set: "templates", group: template})
	})
	for _, s := range corpus.Sets() {
		// The bench sets and the dialogues, some of them offensive, are for tests alone.
		if s.Lang != lang || s.Name == "bench-en" || s.Name == "bench-zh" || s.Name == "hh-harmless-en" {
			continue
		}
		texts, err := s.Read(dir)
		if err != nil {
			return nil, err
		}
		for i, t := range texts {
			h := xxh3.HashString(t)
			if len(texts) > 6000 && h%uint64(len(texts)) > 6000 {
				continue
			}
			windows := harm.Windows([]byte(t), nil)
			p := partOf(s.Name, strconv.Itoa(i), benignTestShare)
			for k := 0; k < len(windows) && k < goodWindows; k++ {
				w := windows[(int(h>>40)+k*7)%len(windows)]
				out = append(out, example{text: t[w[0]:w[1]], cost: benignCost, set: s.Name, part: p})
			}
		}
	}
	return out, nil
}

func loadEnglish(dir string) (out []example, err error) {
	davidson, err := corpus.JSONL(dir, "data/harm/davidson-en.jsonl.zst")
	if err != nil {
		return nil, err
	}
	for _, r := range davidson {
		id := fmt.Sprint(r["id"])
		label, _ := r["label"].(string)
		text, _ := r["text"].(string)
		out = append(out, example{text: text, harmful: label != "neither", cost: 1, set: "davidson", group: label, part: partOf("davidson", id, testShare)})
	}
	check, err := corpus.JSONL(dir, "data/harm/hatecheck-en.jsonl.zst")
	if err != nil {
		return nil, err
	}
	for _, r := range check {
		id := fmt.Sprint(r["id"])
		text, _ := r["text"].(string)
		target, _ := r["target"].(string)
		kind, _ := r["functionality"].(string)
		out = append(out, example{text: text, harmful: r["label"] == "hateful", cost: hateCost, set: "hatecheck", group: target, kind: kind, part: partOf("hatecheck", id, hateTestShare)})
	}
	return out, nil
}

func loadChinese(dir string) (out []example, err error) {
	for _, name := range []string{"train", "dev", "test"} {
		rows, err := corpus.JSONL(dir, "data/harm/cold-"+name+"-zh.jsonl.zst")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			text, _ := r["text"].(string)
			topic, _ := r["topic"].(string)
			id := fmt.Sprint(r["id"])
			label := fmt.Sprint(r["label"])
			x := example{text: text, harmful: label == "1", cost: 1, set: "cold-" + name, group: topic}
			switch name {
			case "dev":
				x.part = partOf("cold-dev", id, testShare)
			case "test":
				x.part = testing
				if xxh3.HashString("harm cold-test "+id)%100 < coldCalibration {
					x.part = calibration
				}
			}
			out = append(out, x)
		}
	}
	return out, nil
}
