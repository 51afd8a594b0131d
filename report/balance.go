package report

import (
	"encoding/json"
	"fmt"
	"html/template"
)

// balanceFindings are the findings of the step balance.
type balanceFindings struct {
	Method  string
	Columns []struct {
		Column string
		Values []struct {
			Value                 string
			Rows                  int64
			Before, Target, After float64
		}
	}
	EffectiveShare float64 `json:"effective_share"`
	Capped         int64
}

// drawBalance draws what balance did to each column's shares, and what the weights cost; ok is false for findings of another shape.
func drawBalance(s *Step) (_ template.HTML, ok bool) {
	var f balanceFindings
	if s.Name != "balance" || json.Unmarshal(s.Findings, &f) != nil || len(f.Columns) == 0 {
		return "", false
	}
	var m markup
	text := fmt.Sprintf("The rows as weighted tell as much as %s of them would with equal weights (effective sample size, Kish 1965).", percent(f.EffectiveShare))
	if f.EffectiveShare > 0 {
		text = fmt.Sprintf("The rows as weighted tell as much as %s rows with equal weights: %s of %s (effective sample size, Kish 1965).", count(int64(f.EffectiveShare*float64(s.out())+0.5)), percent(f.EffectiveShare), count(s.out()))
	}
	if f.Capped > 0 {
		text += fmt.Sprintf(" The weight of %s was capped, so some shares stay short of what was wanted.", plural(f.Capped, "row", "rows"))
	}
	m.leaf("p", text)
	for _, c := range f.Columns {
		m.open("table", "class", "shares")
		m.open("thead")
		m.open("tr")
		m.leaf("th", c.Column, "scope", "col")
		for _, h := range []string{"rows", "before", "wanted", "after"} {
			m.leaf("th", h, "scope", "col", "class", "n")
		}
		m.leaf("th", "before, after", "scope", "col", "class", "bars")
		m.close("tr")
		m.close("thead")
		m.open("tbody")
		widest := 0.0
		for _, v := range c.Values {
			widest = max(widest, v.Before, v.After)
		}
		for i, v := range c.Values {
			if i == maxFindingRows {
				break
			}
			m.open("tr")
			m.leaf("th", excerpt(v.Value, 80), "scope", "row")
			m.leaf("td", count(v.Rows), "class", "n")
			for _, x := range []float64{v.Before, v.Target, v.After} {
				m.leaf("td", percent(x), "class", "n")
			}
			m.open("td", "class", "bars", "aria-hidden", "true")
			m.leaf("span", "", "class", "bar was", "style", fmt.Sprintf("--w:%.1f%%", wide(v.Before, widest)))
			m.leaf("span", "", "class", "bar now", "style", fmt.Sprintf("--w:%.1f%%", wide(v.After, widest)))
			m.close("td")
			m.close("tr")
		}
		m.close("tbody")
		m.close("table")
	}
	return m.html(), true
}
