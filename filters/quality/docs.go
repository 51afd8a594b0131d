package quality

import "winnow/internal/spec"

const qualityDoc = `Holds figures of a row (numbers of words, shares of lines and characters) against limits and drops the row at the first limit that
it breaks; the rule is the reason of the drop. The whole row is judged, with all its messages.

A preset is a table of limits, one a language. Start with ` + "`domain`" + ` for text that was written for a purpose (questions and answers,
statutes, manuals, reports, poems, code, tables): it asks for 20 words (Chinese: 20 characters) and drops gibberish and wrong encodings, and
little else. The presets for the web drop much of such text:

| preset | from | meant for |
|---|---|---|
| domain | fitted on clean and planted rows | text written for a purpose |
| gopher | Rae et al. 2021, table A1; FineWeb-2 for Chinese | web pages |
| c4 | Raffel et al. 2020; cuts lines inside rows, too | English web pages |
| fineweb | Penedo et al. 2024; FineWeb-2 for Chinese | web pages, after gopher |
| zh | FineWeb-2 and ChineseWebText | Chinese web pages |
| statutes, dialogue, books | domain with other lengths | what they are named after |
| instructions | data-juicer's alpaca-cot limits and checks of the answer | prompts with answers |

What each costs in good text, as the share of rows dropped (medical, legal and financial text, books, poems, encyclopedia; bench-en and bench-zh are mixtures):

| set | rows | domain | gopher | fineweb | zh | c4 |
|---|---|---|---|---|---|---|
| medquad | 14106 | 0.9 % | 19.9 % | 1.3 % | 11.5 % | 29.8 % |
| dialogue-zh | 6445 | 0.0 % | 0.2 % | 3.8 % | 4.3 % | 61.4 % |
| instruct-zh | 7403 | 0.1 % | 37.5 % | 0.1 % | 37.6 % | 94.2 % |
| literature-zh | 851 | 0.1 % | 0.5 % | 0.0 % | 0.5 % | 22.1 % |
| statutes-zh | 2980 | 0.0 % | 0.0 % | 0.5 % | 0.4 % | 1.7 % |
| law-qa-zh | 250 | 0.0 % | 0.8 % | 0.0 % | 0.8 % | 44.0 % |
| tatqa-en | 2875 | 0.0 % | 95.4 % | 23.8 % | 43.2 % | 41.1 % |
| finance-zh | 264 | 0.8 % | 34.5 % | 3.8 % | 15.5 % | 32.2 % |
| hh-harmless-en | 1836 | 5.6 % | 35.7 % | 4.9 % | 28.2 % | 34.9 % |
| books-en | 3251 | 0.0 % | 24.4 % | 15.7 % | 14.1 % | 7.6 % |
| inaugural-en | 233 | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 0.4 % |
| state-union-en | 207 | 0.0 % | 0.5 % | 0.0 % | 0.0 % | 0.0 % |
| wikipedia-zh | 2786 | 0.0 % | 0.5 % | 4.5 % | 4.8 % | 67.7 % |
| poetry-zh | 14468 | 1.1 % | 64.1 % | 7.5 % | 64.6 % | 66.1 % |
| bench-en | 9608 | 0.3 % | 31.9 % | 10.5 % | 14.6 % | 37.0 % |
| bench-zh | 15251 | 0.0 % | 4.3 % | 3.3 % | 5.3 % | 44.3 % |

The short dialogues of hh-harmless-en fall to the least length of 20 words; the preset ` + "`dialogue`" + ` keeps them all.

Any limit of the preset can be replaced by its name, for all languages, or for one under ` + "`by_language`" + `. In Chinese a word is a
character, so that limits on words differ: FineWeb-2's limits, made for dictionary words of 1.5 characters, were multiplied by 1.5.

Text of a class (label) and translations are short by nature: there the presets' least length is one word, and ten words for messages.
A length written in the recipe holds for every shape.

The score ` + "`quality`" + ` lies in [0, 1] and is that of the weakest rule: ½ at the limit, ¾ at twice a lower limit or half an upper one,
towards 1 far inside, towards 0 far outside. So a row is dropped exactly when its score is under ½.

Gibberish is told from formulas, tables and code by what stands side by side: signs that no notation joins (max_gibberish), words without
vowels (max_noisy_words), Chinese characters outside everyday use (max_rare_han). ` + "`instructions`" + ` also drops rows whose answer is
empty, refuses ("As an AI language model"), copies its prompt or breaks off.

` + "`fineweb2-zh`" + ` is FineWeb-2's table for Chinese whole, ` + "`dclm`" + ` what DCLM-baseline does before its classifier.

Datatrove compares stop words by case; here case does not matter, unless ` + "`strict: datatrove`" + ` is set. That judges English by the tokens of spaCy's blank pipeline and datatrove's divisors: on
682 rows (1.4 MB) of the bench corpus with planted defects its verdicts were those of datatrove 0.10.1 in 681 for gopher and in all for fineweb and c4. The one that differed stood at the limit of words with letters
and holds signs that spaCy joins to an emoticon ("[*]", "):"), which are cut here.`

var qualityCases = []spec.Case{
	{In: "Take one tablet in the morning and one in the evening, with a glass of water, for as long as the doctor told you.", Out: "="},
	{In: "饭后服用，每日三次，每次一片；如有不适，请立即停药并咨询医生。", Out: "="},
	{In: "Read more", Reason: "too few words"},
	{In: "8#q$%1^&*k~|<3>{}9[]#@x$z%^7&*~|<>{2}[]j#@$%^&*4~|<>{}[]5q#@$ %^&*~|<>6{}[]x#@$%^&1*~|<>{}[]#@k$%^ z3#&x 8^j$ 1~q<{ 2|z}* 4k^% 9x@& 5j~$ 7#z^ 6q*| 3x{ 8j% 2k]", Reason: "gibberish"},
	{Params: "{min_words: 0}", In: "Read more", Out: "="},
	{Params: "{preset: gopher}", In: "Take one tablet in the morning.", Reason: "too few words"},
	{Params: "{preset: c4}", In: "Set the variable {x} to one.", Reason: "curly bracket"},
	{Params: "{by_language: {zh: {min_words: 40}}}", In: "饭后服用，每日三次，每次一片；如有不适，请立即停药并咨询医生。", Reason: "too few words"},
}

const repetitionDoc = `Measures how much of a row says again what it said before, and drops the row when a measure passes its limit (Gopher: Rae et al. 2021,
table A1):

- lines and paragraphs that came before, as a share of all and of the characters;
- the most frequent run of 2, 3 and 4 words: its length times its count, as a share of the characters, counted from two occurrences on;
- runs of 5 to 10 words that came before, as a share of the characters.

In Chinese a word is a character; an address of the web is one word. With ` + "`domain`" + ` a phrase counts from its fourth occurrence on. Punctuation is no word, so that the ruling of a table is not a repetition.

` + "`domain`" + ` has limits that statutes, forms and medical terms keep; ` + "`gopher`" + ` has the published ones, and FineWeb-2's for Chinese.
The share of rows dropped:

| set | rows | domain | gopher |
|---|---|---|---|
| medquad | 14106 | 0.9 % | 11.3 % |
| dialogue-zh | 6445 | 0.0 % | 0.9 % |
| instruct-zh | 7403 | 0.0 % | 11.1 % |
| literature-zh | 851 | 0.0 % | 8.0 % |
| statutes-zh | 2980 | 0.4 % | 56.7 % |
| law-qa-zh | 250 | 0.4 % | 18.8 % |
| tatqa-en | 2875 | 0.2 % | 10.5 % |
| finance-zh | 264 | 0.4 % | 19.7 % |
| hh-harmless-en | 1836 | 0.1 % | 3.8 % |
| books-en | 3251 | 0.0 % | 0.3 % |
| inaugural-en | 233 | 0.0 % | 0.0 % |
| state-union-en | 207 | 0.0 % | 0.0 % |
| wikipedia-zh | 2786 | 0.0 % | 1.1 % |
| poetry-zh | 14468 | 0.0 % | 0.4 % |
| bench-en | 9608 | 0.3 % | 5.2 % |
| bench-zh | 15251 | 0.3 % | 11.7 % |
| 2019 | 2018 |  |

` + "`strict: datatrove`" + ` counts like datatrove's gopher_repetition_filter: the most frequent n-gram counts even when it occurs once, so that short rows
fail, and punctuation marks are words; English words are cut as spaCy does (verdicts equal on all of 682 rows of the bench corpus), Chinese by our rules, not by jieba.

The score ` + "`repetition`" + ` is the largest ratio of a measure to its limit: a row is dropped above 1.`

var repetitionCases = []spec.Case{
	{In: "The heart pumps blood through the body. The lungs take up oxygen. The kidneys clean the blood.", Out: "="},
	{In: "Buy now and save! Buy now and save! Buy now and save! Buy now and save! Buy now and save! Buy now and save!", Reason: "one phrase over and over"},
	{In: "欢迎大家购买本店的茶叶。欢迎大家购买本店的茶叶。欢迎大家购买本店的茶叶。欢迎大家购买本店的茶叶。", Reason: "repeated phrases"},
	{Params: "{action: score}", In: "la la la la la la la la la la la la la la la la la la la la", Out: "="},
}
