// Package all makes every step known to recipes: importing it registers them. A new subfolder of filters is added here; a new step in a folder that is here needs nothing.
package all

import (
	_ "winnow/filters/bias"
	_ "winnow/filters/clean"
	_ "winnow/filters/dedup"
	_ "winnow/filters/harm"
	_ "winnow/filters/language"
	_ "winnow/filters/mix"
	_ "winnow/filters/privacy"
	_ "winnow/filters/quality"
)
