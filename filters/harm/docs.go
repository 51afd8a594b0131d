package harm

import "winnow/internal/spec"

const harmDoc = `Scores how likely a text is to hate, insult, degrade or threaten, from 0 to 1, with a built-in linear classifier for English and one for Chinese, and drops the
row, redacts the sentences or only writes the score. The score is calibrated: of posts with a score of 0.8, about eight in ten were judged harmful by people.

Each message or text of a row is scored by itself; the largest score stands. A text up to 420 bytes is scored as one. Of a longer one the windows of one to
three sentences are scored that hold one of some thousand trigger words, which costs next to nothing on good text: about one window in twenty is looked at. A long text
without trigger words has the score 0.

Default 0.5. On rows kept apart: English posts (Davidson) macro-F1 .92, Chinese posts (COLD) .80, HateCheck AUC .98. Good text dropped: English sentences .1 %,
Chinese .5 %; medical questions and answers 0 to .2 %; statutes .8 %; books .3 %; questions on criminal law 2 %; dialogues in which people are rude to an
assistant (hh-rlhf harmless) 6 %. The model's card (harm.card.md) says what it was trained on, gives the figures by group, and what it cannot do. Look at the rows near the threshold before you drop: ` + "`action: score`" + ` first.

- ` + "`max_score_by_source`" + `: legal sources speak of crimes, forums do not; give them limits of their own.
- ` + "`words`, `word_files`" + `: your own words and phrases; one of them in a text makes its score 1.
- ` + "`action: redact`" + ` replaces the sentences that are over the limit by themselves, or the whole window when none of them is.
- ` + "`model`" + `: a model file of your own takes the place of both.

Rows in a language other than English and Chinese get no score, unless a word of yours or a model of yours applies. Classes (labels) are not scored.`

var harmCases = []spec.Case{
	{In: "The meeting starts at nine; coffee is served from half past eight.", Out: "="},
	{In: "You stupid bitch, I hate you.", Reason: "harmful"},
	{In: "An anal fissure is a small tear in the lining of the anus.", Out: "="},
	{In: "你这个人渣，真恶心，滚！", Reason: "harmful"},
	{In: "乳腺癌是女性常见的恶性肿瘤，早期发现很重要。", Out: "="},
	{Params: "{words: [spam offer]}", In: "This is a Spam offer from our shop.", Reason: "harmful"},
	{Params: "{action: redact, words: [spam offer]}", In: "This is a spam offer from our shop.", Out: "This is a [removed] from our shop."},
	{Params: "{action: score}", In: "You stupid bitch, I hate you.", Out: "="},
}
