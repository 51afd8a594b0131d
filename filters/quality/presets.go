package quality

// limits of one language by the name of the rule.
type limits map[string]float64

// presets are the tables of limits by language. "" holds for languages without a table of their own; "zh" and "en" replace single limits of it, and
// off in them takes a rule away.
var presets = map[string]map[string]limits{
	// domain keeps whatever people wrote for a purpose: questions and answers, statutes, manuals, reports, poems, code. Limits fitted on the clean and
	// planted rows of the development corpus.
	"domain": {
		"": {"min_words": 20, "max_words": 1_000_000, "max_mojibake": .05, "max_gibberish": .08, "max_noisy_words": .30, "max_word_length": 1000,
			"max_symbols_per_word": .30, "min_letter_words": .15, "min_alphanumeric": .35, "max_whitespace": .60},
		"zh": {"min_words": 20, "max_rare_han": .15},
	},
	// gopher is table A1 of Rae et al. 2021 with datatrove's meaning; Chinese has FineWeb-2's limits, counted in characters.
	"gopher": {
		"": {"min_words": 50, "max_words": 100_000, "min_mean_word_length": 3, "max_mean_word_length": 10, "max_symbols_per_word": .10,
			"max_bullet_lines": .90, "max_ellipsis_lines": .30, "min_letter_tokens": .80},
		"en": {"min_stop_words": 2},
		"zh": {"min_words": 75, "max_words": 150_000, "min_mean_word_length": off, "max_mean_word_length": 5, "min_letter_tokens": .735, "min_stop_words": 2},
	},
	// fineweb is examples/fineweb.py's own filter (Penedo et al. 2024) and, for Chinese, FineWeb-2's configs/cmn_Hani.yml.
	"fineweb": {
		"":   {"min_terminal_lines": .12, "max_short_lines": .67, "max_duplicate_line_characters": .01, "max_newlines_per_word": .30},
		"zh": {"min_terminal_lines": .106, "max_short_lines": off, "max_duplicate_line_characters": .10, "max_newlines_per_word": .11},
	},
	// fineweb2-zh is FineWeb-2's configs/cmn_Hani.yml whole: Gopher's rules and FineWeb's with its limits. Limits on words, made for jieba's words of 1.5 characters, are
	// multiplied by 1.5, and those on line breaks a word divided. Other languages have FineWeb-2's general limits.
	"fineweb2-zh": {
		"": {"min_words": 50, "max_words": 100_000, "min_mean_word_length": 3, "max_mean_word_length": 10, "max_symbols_per_word": .10, "max_bullet_lines": .90,
			"max_ellipsis_lines": .30, "min_letter_tokens": .80, "max_duplicate_line_characters": .10, "min_terminal_lines": .12, "max_newlines_per_word": .30},
		"zh": {"min_words": 75, "max_words": 150_000, "min_mean_word_length": off, "max_mean_word_length": 5, "min_letter_tokens": .735, "min_stop_words": 2,
			"min_terminal_lines": .106, "max_newlines_per_word": .178 / 1.5},
	},
	// dclm is what DCLM-baseline (Li et al. 2024; baselines_configs/dclm_baseline_refinedweb.yaml) does before its classifier: Gopher's quality rules and RefinedWeb's
	// lines, which are cut in dclm.go. Its repetition rules are those of the step repetition with preset gopher, its classifier one for the step classifier.
	"dclm": {
		"": {"min_words": 50, "max_words": 100_000, "min_mean_word_length": 3, "max_mean_word_length": 10, "max_symbols_per_word": .10,
			"max_bullet_lines": .90, "max_ellipsis_lines": .30, "min_letter_tokens": .80},
		"en": {"min_stop_words": 2},
		"zh": {"min_words": 75, "max_words": 150_000, "min_mean_word_length": off, "max_mean_word_length": 5, "min_letter_tokens": .735, "min_stop_words": 2},
	},
	// zh joins FineWeb-2's Chinese column with ChineseWebText's shares of characters.
	"zh": {
		"": {"min_words": 75, "max_words": 150_000, "max_mojibake": .05, "max_gibberish": .08, "max_noisy_words": .30, "max_symbols_per_word": .10,
			"max_bullet_lines": .90, "max_ellipsis_lines": .30, "min_letter_tokens": .60, "min_terminal_lines": .106, "max_newlines_per_word": .11},
		"en": {"min_words": 50, "max_words": 100_000, "min_stop_words": 2, "min_terminal_lines": .12, "max_newlines_per_word": .30},
		"zh": {"min_han": .30, "max_rare_han": .10, "min_stop_words": 2, "min_mean_line_length": 10},
	},
	// c4 has row rules only: what it cuts out of rows is in c4.go.
	"c4": {"": {"max_word_length": 1000, "max_characters": 190_000}},
	// statutes keep short articles, lists and numbered headings.
	"statutes": {
		"":   {"min_words": 8, "max_mojibake": .05, "max_gibberish": .08, "max_noisy_words": .30, "min_letter_words": .40, "min_alphanumeric": .55},
		"zh": {"max_rare_han": .10},
	},
	// dialogue keeps short turns and colloquial spelling; a row is the whole conversation.
	"dialogue": {
		"":   {"min_words": 4, "max_words": 50_000, "max_mojibake": .05, "max_gibberish": .08, "max_noisy_words": .40, "min_alphanumeric": .40},
		"zh": {"max_rare_han": .20},
	},
	// books follows data-juicer's redpajama-book recipe where it speaks of single rows, for chapters rather than whole books.
	"books": {
		"":   {"min_words": 50, "max_words": 539_754, "max_mojibake": .02, "max_gibberish": .05, "max_noisy_words": .20, "min_alphanumeric": .65, "max_digits": .25, "max_symbols_per_word": .10},
		"en": {"min_stop_words": 2},
		"zh": {"max_rare_han": .15},
	},
	// instructions adds the checks of instructions.go to data-juicer's alpaca-cot limits.
	"instructions": {
		"": {"min_characters": 10, "min_alphanumeric": .10, "max_mojibake": .05, "max_gibberish": .08, "max_noisy_words": .40},
	},
}

// off in a language's table takes a rule of the common table away.
const off = -2

// limitsOf returns the limits of a preset for a language.
func limitsOf(preset, lang string) (*limitSet, error) {
	set := newLimitSet()
	tables := presets[preset]
	keys := []string{"", lang}
	if lang == "ja" {
		keys = []string{"", "zh", "ja"} // no spaces between words either; see below
	}
	for _, key := range keys {
		for name, limit := range tables[key] {
			if limit == off {
				limit = nan
			}
			if err := set.set(name, limit); err != nil {
				return nil, err
			}
		}
	}
	if lang == "ja" { // rules about Chinese words and characters say nothing of Japanese
		for _, r := range []rule{minHan, maxRareHan, minStopWords} {
			set.limit[r] = nan
		}
	}
	return set, nil
}
