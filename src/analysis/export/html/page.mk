# SPDX-License-Identifier: MIT
# Joins the page that export --to=html writes. The browser runs no script and takes no style but
# those whose hashes are in the page (Content Security Policy Level 3, 8.3).

HTML_DIR     := src/analysis/export/html
HTML_SCRIPTS := $(addprefix $(HTML_DIR)/,model.js draw.js view.js table.js flame.js input.js timeline.js main.js)
HTML_PAGE    := $(BUILD)/html/

# $(call html_hash,FILE): the SHA-256 of an element with that file, in base64. Its text begins with the
# end of the line of its tag.
html_hash = { echo; cat $(1); } | sha256sum | sed 's/ .*//; s/../\\x&/g' | { read -r hex; env printf "$$hex"; } | base64

$(BUILD)/html/page.js: $(HTML_SCRIPTS)
	@mkdir -p $(@D)
	$(say) JOIN $@
	$(Q){ echo "'use strict';"; echo '{'; cat $^; echo '}'; } > $@

# `before` ends at the line @DATA@ of page.html, where `after` begins.
$(BUILD)/html/before: $(HTML_DIR)/page.html $(HTML_DIR)/page.css $(BUILD)/html/page.js $(HTML_DIR)/page.mk
	$(say) JOIN $@
	$(Q)sed -e "s|@STYLE_HASH@|$$($(call html_hash,$(HTML_DIR)/page.css))|" \
	    -e "s|@SCRIPT_HASH@|$$($(call html_hash,$(BUILD)/html/page.js))|" \
	    -e '/@DATA@/,$$d' $(HTML_DIR)/page.html | \
	    sed -e '/@STYLE@/{r $(HTML_DIR)/page.css' -e 'd}' > $@

$(BUILD)/html/after: $(HTML_DIR)/page.html $(BUILD)/html/page.js $(HTML_DIR)/page.mk
	$(say) JOIN $@
	$(Q)sed -e '1,/@DATA@/d' $(HTML_DIR)/page.html | \
	    sed -e '/@SCRIPT@/{r $(BUILD)/html/page.js' -e 'd}' > $@

# The fuzzers' too (tests/fuzz.mk).
HTML_OBJECTS := $(BUILD)/obj/$(HTML_DIR)/page.o $(BUILD)/fuzz/obj/$(HTML_DIR)/page.o
$(HTML_OBJECTS): $(BUILD)/html/before $(BUILD)/html/after
$(HTML_OBJECTS): CPPFLAGS += -DHTML_PAGE='"$(HTML_PAGE)"'
