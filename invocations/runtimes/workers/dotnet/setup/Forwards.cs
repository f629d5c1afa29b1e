// Writes the source of an assembly that forwards every public type of the assemblies it is given to them.
//
// What is built for .NET Standard or .NET Core names its types' homes differently: System.Runtime, netstandard
// and fifty more. The one assembly made of this stands in for them all.

using System;
using System.Collections.Generic;
using System.Reflection;

internal static class Forwards
{
    private static void Main(string[] paths)
    {
        var known = new HashSet<string>();
        foreach (string path in paths)
        {
            foreach (Type type in Assembly.LoadFrom(path).GetExportedTypes())
            {
                if (!type.IsNested && type != typeof(void) && !IsBarred(type) && known.Add(type.FullName))
                    Console.WriteLine("[assembly: System.Runtime.CompilerServices.TypeForwardedTo(typeof(global::" + Name(type) + "))]");
            }
        }
    }

    private static string Name(Type type)
    {
        string name = type.FullName.Split('`')[0];
        return type.IsGenericTypeDefinition ? name + "<" + new string(',', type.GetGenericArguments().Length - 1) + ">" : name;
    }

    /// <summary>Whether using it is an error of the compiler's.</summary>
    private static bool IsBarred(Type type)
    {
        var obsolete = (ObsoleteAttribute)Attribute.GetCustomAttribute(type, typeof(ObsoleteAttribute));
        return obsolete != null && obsolete.IsError;
    }
}
