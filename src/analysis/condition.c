/* SPDX-License-Identifier: MIT */
#include "analysis/condition.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"

enum condition_operation {
    OPERATION_OR,
    OPERATION_AND,
    OPERATION_NOT,
    OPERATION_EQUAL,
    OPERATION_NOT_EQUAL,
    OPERATION_LESS,
    OPERATION_LESS_EQUAL,
    OPERATION_MORE,
    OPERATION_MORE_EQUAL,
};

/* A constant, or the value of that name. */
struct operand {
    int name;     /* -1: a constant */
    bool is_null; /* the constant NULL */
    struct event_value constant;
};

static const struct operand NULL_OPERAND = {
    .name = -1, .is_null = true, .constant.kind = EVENT_VALUE_UNSIGNED};

struct condition_node {
    enum condition_operation operation;
    const struct condition_node *left, *right; /* of OR, AND; NOT has `left` */
    struct operand operands[2];                /* of comparisons */
};

struct condition {
    const struct condition_node *root;
    size_t n_names;
    const char *names[CONDITION_NAMES_MAX];
    struct arena memory;
};

struct condition_parser {
    struct condition *condition;
    const char *text; /* all of it */
    const char *at;
    unsigned depth;
    struct error *err;
};

static const struct condition_node *parse_or(struct condition_parser *parser);

/* ---- Words */

static const void *fail_parse(struct condition_parser *parser, const char *what)
{
    if (parser->err && !parser->err->code)
        error_set(parser->err, -EINVAL, "%s is expected at '%s' in '%s'", what,
                  *parser->at ? parser->at : "the end", parser->text);
    return NULL;
}

static const void *fail_memory(struct condition_parser *parser)
{
    error_set(parser->err, -ENOMEM, "out of memory");
    return NULL;
}

static void skip_spaces(struct condition_parser *parser)
{
    parser->at += strspn(parser->at, " \t\n");
}

static bool accept_word(struct condition_parser *parser, const char *word)
{
    size_t length = strlen(word);
    skip_spaces(parser);
    if (strncmp(parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

/* ---- Operands */

static bool take_number(struct condition_parser *parser, struct event_value *value)
{
    char *end, *real_end;
    bool negative = *parser->at == '-';
    const char *digits = parser->at + negative;
    if (!isdigit((unsigned char)*digits) && !(*digits == '.' && isdigit((unsigned char)digits[1])))
        return false;
    bool is_hex = digits[0] == '0' && (digits[1] | 0x20) == 'x';
    errno = 0;
    /* No octal numbers: "010" is ten. */
    uint64_t number = strtoull(digits, &end, is_hex ? 16 : 10);
    bool fits = errno == 0 && (!negative || number <= (uint64_t)INT64_MAX + 1);
    double real = is_hex ? 0 : strtod(digits, &real_end);
    if (!is_hex && (real_end > end || !fits)) {
        *value = (struct event_value){.kind = EVENT_VALUE_REAL, .real = negative ? -real : real};
        end = real_end;
    } else if (!fits) {
        return false;
    } else if (negative) {
        *value = (struct event_value){.kind = EVENT_VALUE_SIGNED, .number = (int64_t)-number};
    } else {
        *value = (struct event_value){.kind = EVENT_VALUE_UNSIGNED, .bits = number};
    }
    parser->at = end;
    return !isalnum((unsigned char)*end) && *end != '_' && *end != '.';
}

/* A quoted text, with \", \\, \n and \t. */
static bool take_text(struct condition_parser *parser, struct event_value *value)
{
    char quote = *parser->at;
    size_t n = 0;
    if (quote != '"' && quote != '\'')
        return false;
    char *text = arena_strdup(&parser->condition->memory, parser->at);
    if (!text) {
        fail_memory(parser);
        return false;
    }
    const char *at = parser->at + 1;
    for (; *at && *at != quote; at++) {
        if (*at == '\\' && at[1])
            at++;
        text[n++] = at[-1] != '\\' ? *at : *at == 'n' ? '\n' : *at == 't' ? '\t' : *at;
    }
    text[n] = '\0';
    if (*at != quote)
        return false;
    parser->at = at + 1;
    *value = (struct event_value){.kind = EVENT_VALUE_TEXT, .text = text};
    return true;
}

/* The number of the name, which is added if it is new, or -1. */
static int intern_name(struct condition_parser *parser, const char *name, size_t length)
{
    struct condition *condition = parser->condition;
    for (size_t i = 0; i < condition->n_names; i++)
        if (strlen(condition->names[i]) == length &&
            strncmp(condition->names[i], name, length) == 0)
            return (int)i;
    if (condition->n_names == CONDITION_NAMES_MAX) {
        fail_parse(parser, "one of the names before (there are too many)");
        return -1;
    }
    char *copy = arena_strndup(&condition->memory, name, length);
    if (!copy) {
        fail_memory(parser);
        return -1;
    }
    condition->names[condition->n_names] = copy;
    return (int)condition->n_names++;
}

static bool take_condition_operand(struct condition_parser *parser, struct operand *operand)
{
    skip_spaces(parser);
    const char *start = parser->at;
    *operand = (struct operand){.name = -1};
    if (take_text(parser, &operand->constant) || take_number(parser, &operand->constant))
        return true;
    parser->at = start;
    size_t length = 0;
    while (isalnum((unsigned char)start[length]) || start[length] == '_')
        length++;
    if (length == 0 || isdigit((unsigned char)*start)) {
        fail_parse(parser, "a name, a number or a text in quotes");
        return false;
    }
    if (length == 4 && strncmp(start, "NULL", length) == 0)
        *operand = NULL_OPERAND;
    else if ((operand->name = intern_name(parser, start, length)) < 0)
        return false;
    parser->at = start + length;
    return true;
}

/* ---- Expressions */

static struct condition_node *new_node(struct condition_parser *parser,
                                       enum condition_operation operation)
{
    struct condition_node *node = arena_alloc(&parser->condition->memory, sizeof(*node));
    if (node)
        node->operation = operation;
    else
        fail_memory(parser);
    return node;
}

static bool take_comparison(struct condition_parser *parser, enum condition_operation *operation)
{
    static const struct {
        const char *word;
        enum condition_operation operation;
    } words[] = {{"==", OPERATION_EQUAL},      {"!=", OPERATION_NOT_EQUAL},
                 {"<=", OPERATION_LESS_EQUAL}, {">=", OPERATION_MORE_EQUAL},
                 {"<", OPERATION_LESS},        {">", OPERATION_MORE}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (accept_word(parser, words[i].word)) {
            *operation = words[i].operation;
            return true;
        }
    return false;
}

static const struct condition_node *parse_comparison(struct condition_parser *parser)
{
    struct condition_node *node = new_node(parser, OPERATION_NOT_EQUAL);
    if (!node || !take_condition_operand(parser, &node->operands[0]))
        return NULL;
    if (take_comparison(parser, &node->operation))
        return take_condition_operand(parser, &node->operands[1]) ? node : NULL;
    node->operands[1] = NULL_OPERAND;
    skip_spaces(parser);
    if (*parser->at && !strchr("&|)", *parser->at))
        return fail_parse(parser, "a comparison, && or ||");
    return node;
}

static const struct condition_node *parse_not(struct condition_parser *parser)
{
    if (++parser->depth > CONDITION_DEPTH_MAX)
        return fail_parse(parser, "less nesting");
    const struct condition_node *result = NULL;
    if (accept_word(parser, "!")) {
        struct condition_node *node = new_node(parser, OPERATION_NOT);
        if (node && (node->left = parse_not(parser)))
            result = node;
    } else if (accept_word(parser, "(")) {
        result = parse_or(parser);
        if (result && !accept_word(parser, ")"))
            result = fail_parse(parser, "')', && or ||");
    } else {
        result = parse_comparison(parser);
    }
    parser->depth--;
    return result;
}

static const struct condition_node *parse_joined(struct condition_parser *parser, const char *word,
                                                 enum condition_operation operation)
{
    bool is_or = operation == OPERATION_OR;
    const struct condition_node *left =
        is_or ? parse_joined(parser, "&&", OPERATION_AND) : parse_not(parser);
    while (left && accept_word(parser, word)) {
        struct condition_node *node = new_node(parser, operation);
        if (!node)
            return NULL;
        node->left = left;
        node->right = is_or ? parse_joined(parser, "&&", OPERATION_AND) : parse_not(parser);
        left = node->right ? node : NULL;
    }
    return left;
}

static const struct condition_node *parse_or(struct condition_parser *parser)
{
    return parse_joined(parser, "||", OPERATION_OR);
}

int condition_parse(const char *text, struct condition **result, struct error *err)
{
    struct error why = {0};
    *result = NULL;
    if (strlen(text) > CONDITION_TEXT_MAX)
        return error_set(err, -EINVAL, "a condition has at most %d characters", CONDITION_TEXT_MAX);
    struct condition *condition = calloc(1, sizeof(*condition));
    if (!condition)
        return error_set(err, -ENOMEM, "out of memory");
    struct condition_parser parser = {
        .condition = condition, .text = text, .at = text, .err = &why};
    condition->root = parse_or(&parser);
    skip_spaces(&parser);
    if (condition->root && *parser.at)
        condition->root = fail_parse(&parser, "&& or ||");
    if (!condition->root) {
        condition_free(condition);
        return error_set(err, why.code, "%s", why.text);
    }
    *result = condition;
    return 0;
}

void condition_free(struct condition *condition)
{
    if (condition)
        arena_free(&condition->memory);
    free(condition);
}

const char *condition_name(const struct condition *condition, size_t i)
{
    return i < condition->n_names ? condition->names[i] : NULL;
}

/* ---- Evaluation */

/* -1, 0, 1: less, equal, more; -2: not comparable. */
enum { NOT_COMPARABLE = -2 };

static int order(long double a, long double b)
{
    return isnan(a) || isnan(b) ? NOT_COMPARABLE : a < b ? -1 : a > b;
}

/* A long double of 64 or more bits of mantissa has all integers exactly. false: it is no number. */
static bool as_number(const struct event_value *value, long double *number)
{
    switch (value->kind) {
    case EVENT_VALUE_SIGNED:
        *number = value->number;
        return true;
    case EVENT_VALUE_UNSIGNED:
        *number = value->bits;
        return true;
    case EVENT_VALUE_REAL:
        *number = value->real;
        return true;
    case EVENT_VALUE_TEXT:
        *number = value->number;
        return value->has_number;
    case EVENT_VALUE_ABSENT:
        break;
    }
    return false;
}

static bool is_string(const struct event_value *value)
{
    return value->kind == EVENT_VALUE_TEXT && !value->has_number;
}

/* A string that is not there is recorded as this text; any other is behind a pointer that is not
   NULL. */
static int order_by_null(const char *text)
{
    return strcmp(text, "(null)") == 0 ? 0 : 1;
}

static int compare_event_values(const struct event_value *a, const struct event_value *b)
{
    long double x, y;
    if (a->kind == EVENT_VALUE_TEXT && b->kind == EVENT_VALUE_TEXT) {
        int r = strcmp(a->text, b->text);
        return r < 0 ? -1 : r > 0;
    }
    return as_number(a, &x) && as_number(b, &y) ? order(x, y) : NOT_COMPARABLE;
}

static enum truth compare_operands(const struct condition_node *node,
                                   const struct event_value *values)
{
    struct event_value sides[2];
    for (size_t i = 0; i < 2; i++) {
        const struct operand *operand = &node->operands[i];
        sides[i] = operand->name < 0 ? operand->constant : values[operand->name];
    }
    /* 0.1 is the float that is shown so. */
    for (size_t i = 0; i < 2; i++)
        if (node->operands[i].name < 0 && sides[i].kind == EVENT_VALUE_REAL &&
            sides[!i].kind == EVENT_VALUE_REAL && sides[!i].is_float)
            sides[i].real = (double)(float)sides[i].real;
    int r = node->operands[1].is_null && is_string(&sides[0]) ? order_by_null(sides[0].text)
            : node->operands[0].is_null && is_string(&sides[1])
                ? -order_by_null(sides[1].text)
                : compare_event_values(&sides[0], &sides[1]);
    if (r == NOT_COMPARABLE)
        return TRUTH_UNKNOWN;
    switch (node->operation) {
    case OPERATION_EQUAL:
        return r == 0 ? TRUTH_YES : TRUTH_NO;
    case OPERATION_LESS:
        return r < 0 ? TRUTH_YES : TRUTH_NO;
    case OPERATION_LESS_EQUAL:
        return r <= 0 ? TRUTH_YES : TRUTH_NO;
    case OPERATION_MORE:
        return r > 0 ? TRUTH_YES : TRUTH_NO;
    case OPERATION_MORE_EQUAL:
        return r >= 0 ? TRUTH_YES : TRUTH_NO;
    default:
        return r != 0 ? TRUTH_YES : TRUTH_NO;
    }
}

static enum truth evaluate(const struct condition_node *node, const struct event_value *values)
{
    /* The text is bounded, and so are the nodes in a row. */
    enum truth decides = node->operation == OPERATION_OR ? TRUTH_YES : TRUTH_NO, left, right;
    switch (node->operation) {
    case OPERATION_NOT:
        left = evaluate(node->left, values);
        return left == TRUTH_UNKNOWN ? left : left == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
    case OPERATION_OR:
    case OPERATION_AND:
        left = evaluate(node->left, values);
        if (left == decides)
            return left;
        right = evaluate(node->right, values);
        return right == decides || left != TRUTH_UNKNOWN ? right : TRUTH_UNKNOWN;
    default:
        return compare_operands(node, values);
    }
}

enum truth condition_holds(const struct condition *condition, const struct event_value *values)
{
    return evaluate(condition->root, values);
}
