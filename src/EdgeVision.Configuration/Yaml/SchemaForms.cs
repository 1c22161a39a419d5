using System.Globalization;
using System.Text.Json.Nodes;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Creates the parts of a JSON Schema that describe one value.</summary>
internal static class SchemaForms
{
    /// <summary>Returns the definitions that the forms refer to.</summary>
    public static JsonObject Definitions() => new()
    {
        ["text"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") },
        ["variable"] = new JsonObject
        {
            ["description"] = "A text with environment variables: ${NAME} or ${NAME:-default}.",
            ["type"] = "string",
            ["pattern"] = @"\$\{",
        },
    };

    /// <summary>Returns any scalar, which is read as a text.</summary>
    public static JsonNode Text() => Reference("text");

    /// <summary>Returns a text with environment variables, which may stand for any scalar.</summary>
    public static JsonNode Variable() => Reference("variable");

    /// <summary>Returns the absence of a value.</summary>
    public static JsonNode Null() => new JsonObject { ["type"] = "null" };

    /// <summary>Returns an integer in a range.</summary>
    public static JsonNode Integer(int min, int max)
    {
        var form = new JsonObject { ["type"] = "integer", ["minimum"] = min };
        if (max != int.MaxValue)
        {
            form["maximum"] = max;
        }

        return form;
    }

    /// <summary>Returns a number in a range.</summary>
    public static JsonNode Number(double min, double max, bool exclusiveMin)
    {
        var form = new JsonObject { ["type"] = "number" };
        if (min != double.MinValue)
        {
            form[exclusiveMin ? "exclusiveMinimum" : "minimum"] = min;
        }

        if (max != double.MaxValue)
        {
            form["maximum"] = max;
        }

        return form;
    }

    /// <summary>Returns true or false.</summary>
    public static JsonNode Boolean() => new JsonObject { ["type"] = "boolean" };

    /// <summary>Returns a text that matches a regular expression.</summary>
    public static JsonNode Pattern(string pattern) => new JsonObject { ["type"] = "string", ["pattern"] = pattern };

    /// <summary>Returns one value.</summary>
    public static JsonNode Constant(JsonNode value) => new JsonObject { ["const"] = value };

    /// <summary>Returns one of several words; a word of digits may be written as a number too.</summary>
    public static JsonNode Words(IEnumerable<string> words)
    {
        var values = new JsonArray();
        foreach (string word in words)
        {
            values.Add((JsonNode)word);
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                values.Add((JsonNode)number);
            }
        }

        return new JsonObject { ["enum"] = values };
    }

    /// <summary>Returns a list of items.</summary>
    public static JsonObject Array(JsonNode items) => new() { ["type"] = "array", ["items"] = items };

    /// <summary>Returns a list of points, two numbers each.</summary>
    public static JsonNode Points()
    {
        var point = Array(new JsonObject { ["type"] = "number" });
        (point["minItems"], point["maxItems"]) = (2, 2);
        return Array(point);
    }

    /// <summary>Returns the choice between forms.</summary>
    public static JsonNode AnyOf(IReadOnlyList<JsonNode> forms) =>
        forms.Count == 1 ? forms[0] : new JsonObject { ["anyOf"] = new JsonArray([.. forms]) };

    private static JsonObject Reference(string definition) => new() { ["$ref"] = "#/$defs/" + definition };
}
