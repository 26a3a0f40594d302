# SPDX-License-Identifier: MIT
# Reads lines `FUNCTION (TEXT)` of ctags (tab-separated), writes lines `FUNCTION N SHOWN NAMES (TEXT)`:
# the number of parameters without `...`, and their names with commas between them, once without the
# leading underscores, which headers have to use. What has no name is empty.

# The name in the text of one parameter: that in (*name), or the last of at least two identifiers.
function name_of(text,    n, words, last) {
    if (match(text, /\([ ]*[*^][* ]*[A-Za-z_ ]*[A-Za-z_][A-Za-z_0-9]*[^A-Za-z_0-9(]*\)/)) {
        text = substr(text, RSTART, RLENGTH)
        sub(/\[.*/, "", text)
        gsub(/[^A-Za-z_0-9]+/, " ", text)
        n = split(text, words, " ")
        return words[n] ~ qualifiers ? "" : words[n]
    }
    sub(/\[.*/, "", text)
    if (text ~ /[*)] *$/) return ""
    gsub(/[^A-Za-z_0-9]+/, " ", text)
    n = split(text, words, " ")
    last = words[n]
    if (n < 2 || last ~ qualifiers || last ~ types || last ~ /^[0-9]/) return ""
    if (words[n - 1] ~ /^(struct|union|enum)$/) return ""
    while (--n && words[n] ~ qualifiers);
    return n ? last : ""
}

# Without leading underscores, if the rest can be a name that no other parameter has.
function shown(name,    short) {
    short = name
    sub(/^_+/, "", short)
    if (short !~ /^[A-Za-z]/ || short ~ qualifiers || short ~ types || short ~ keywords || short in used) short = name
    return short in used ? "" : short
}

BEGIN {
    FS = OFS = "\t"
    qualifiers = "^(const|volatile|restrict|register|__const|__volatile__|__volatile|__restrict|__restrict__|_Atomic|_Nonnull|_Nullable)$"
    types = "^(void|char|short|int|long|float|double|signed|unsigned|bool|_Bool|_Complex|__int128|_Float(16|32|64|128)x?|__float128)$"
    keywords = "^(auto|break|case|continue|default|do|else|enum|extern|for|goto|if|inline|return|sizeof|static|struct|switch|typedef|typeof|union|while|asm)$"
}

{
    text = $2
    sub(/^\(/, "", text)
    sub(/\)[^)]*$/, "", text)
    split("", used)
    names = raw = part = ""
    count = named = depth = 0
    text = text ","
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(" || c == "[" || c == "{") depth++
        if (c == ")" || c == "]" || c == "}") depth--
        if (c != "," || depth) {
            part = part c
            continue
        }
        gsub(/^ +| +$/, "", part)
        if (part != "" && part != "void" && part != "...") {
            written = name_of(part)
            name = shown(written)
            if (name != "") {
                used[name]
                named++
            }
            raw = raw (count ? "," : "") written
            names = names (count++ ? "," : "") name
        }
        part = ""
    }
    # Of several declarations, the first with the most names.
    if (!($1 in best) || named > best[$1]) {
        best[$1] = named
        row[$1] = count OFS names OFS raw OFS $2
    }
}

END {
    for (name in row) print name, row[name]
}
